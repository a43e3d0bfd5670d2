//! The query part of a log's address.

use kit::{AllocationId, Failure, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::{Cursor, LogsWanted, Output};

/// A `grep` text may have so many bytes.
const GREP: usize = 1024;

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogsQuery {
    /// How many stored lines to begin with, or `all`, which it is where absent.
    tail: Option<String>,
    /// Only what comes later: behind a frame's `seq`, or at and after a time.
    since: Option<String>,
    /// Whether to go on with what comes; true where absent.
    follow: Option<bool>,
    /// Whether the standard output is wanted. Both are where neither is named.
    stdout: Option<bool>,
    /// Whether the standard error output is wanted.
    stderr: Option<bool>,
    /// Only lines that contain this text.
    grep: Option<String>,
}

impl LogsQuery {
    /// `InvalidInput` with the option's name.
    pub fn wanted(&self, allocation: AllocationId) -> Result<LogsWanted, Failure> {
        let (after, since) = self.place()?;
        let too_long = || Failure::invalid("grep", format!("What is looked for has at most {GREP} bytes."));
        let grep = self.grep.clone().filter(|text| !text.is_empty());
        if grep.as_ref().is_some_and(|text| text.len() > GREP) {
            return Err(too_long());
        }
        let follow = self.follow.unwrap_or(true);
        Ok(LogsWanted { allocation, follow, tail: self.tail()?, after, since, output: self.output()?, grep })
    }

    fn tail(&self) -> Result<Option<u64>, Failure> {
        let text = self.tail.as_deref().filter(|text| *text != "all");
        let number = text.map(str::parse).transpose();
        number.map_err(|_| Failure::invalid("tail", "The tail is a number of lines, or `all`."))
    }

    fn place(&self) -> Result<(Option<Cursor>, Option<Timestamp>), Failure> {
        let Some(text) = &self.since else { return Ok((None, None)) };
        if let Ok(cursor) = text.parse() {
            return Ok((Some(cursor), None));
        }
        let refused = |_| Failure::invalid("since", "It is a frame's `seq`, or a time such as 2026-01-31T09:30:00Z.");
        Ok((None, Some(text.parse().map_err(refused)?)))
    }

    fn output(&self) -> Result<Option<Output>, Failure> {
        match (self.stdout, self.stderr) {
            (None, None) | (Some(true), Some(true)) => Ok(None),
            (Some(true), _) | (None, Some(false)) => Ok(Some(Output::Stdout)),
            (_, Some(true)) | (Some(false), None) => Ok(Some(Output::Stderr)),
            (Some(false), Some(false)) => Err(Failure::invalid("stdout", "One of the two outputs must be wanted.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::*;

    fn wanted(query: &LogsQuery) -> Result<LogsWanted, Option<String>> {
        query.wanted(AllocationId::mint(&Ambient::system())).map_err(|failure| failure.field)
    }

    #[test]
    fn nothing_said_is_all_and_on() {
        let all = wanted(&LogsQuery::default()).unwrap();
        assert!(all.follow && all.tail.is_none() && all.output.is_none() && all.after.is_none() && all.since.is_none());
    }

    #[test]
    fn since_takes_a_place_or_a_time() {
        let since = |text: &str| wanted(&LogsQuery { since: Some(text.into()), ..Default::default() });
        let cursor = Cursor { epoch: 1, ordinal: 2 };
        assert_eq!(since(&cursor.to_string()).unwrap().after, Some(cursor));
        assert_eq!(since("1970-01-01T00:00:01Z").unwrap().since, Some(Timestamp::from_micros(1_000_000)));
        assert_eq!(since("yesterday").unwrap_err().as_deref(), Some("since"));
    }

    #[test]
    fn an_output_is_left_out_by_naming_it_or_the_other() {
        let output = |stdout, stderr| wanted(&LogsQuery { stdout, stderr, ..Default::default() }).map(|all| all.output);
        assert_eq!(output(Some(true), None), Ok(Some(Output::Stdout)));
        assert_eq!(output(Some(false), None), Ok(Some(Output::Stderr)));
        assert_eq!(output(None, Some(false)), Ok(Some(Output::Stdout)));
        assert_eq!(output(None, Some(true)), Ok(Some(Output::Stderr)));
        assert_eq!(output(Some(true), Some(true)), Ok(None));
        assert_eq!(output(Some(false), Some(false)), Err(Some("stdout".into())));
    }

    #[test]
    fn a_tail_is_a_number() {
        let tail =
            |text: &str| wanted(&LogsQuery { tail: Some(text.into()), ..Default::default() }).map(|all| all.tail);
        assert_eq!((tail("all"), tail("7")), (Ok(None), Ok(Some(7))));
        assert_eq!(tail("-1"), Err(Some("tail".into())));
    }
}
