//! One numbered thing in a log, and which of them a reader wants.

use kit::{Failure, Timestamp};
use proto::v1;

use crate::ports::log_source::{LogStream, Stamp};

/// A place in a log. Ordinals count up within an epoch; a new container or a clock that stepped back begins a new
/// epoch, so that later is always greater, whatever the times say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq {
    pub epoch: u64,
    pub ordinal: u64,
}

impl Seq {
    #[must_use]
    pub const fn next(self) -> Self {
        Self { epoch: self.epoch, ordinal: self.ordinal + 1 }
    }

    /// The place just before this one.
    #[must_use]
    pub const fn before(self) -> Self {
        Self { epoch: self.epoch, ordinal: self.ordinal.saturating_sub(1) }
    }
}

impl From<v1::LogSeq> for Seq {
    fn from(seq: v1::LogSeq) -> Self {
        Self { epoch: seq.epoch, ordinal: seq.ordinal }
    }
}

impl From<Seq> for v1::LogSeq {
    fn from(seq: Seq) -> Self {
        Self { epoch: seq.epoch, ordinal: seq.ordinal }
    }
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Line(Line),
    /// Lines that the engine rotated away while nobody read; nobody knows how many.
    Gap,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: LogStream,
    /// Bytes as the program wrote them, at most 16 KiB, without the line break.
    pub text: Vec<u8>,
    /// Whether what the program wrote as one line goes on in the next.
    pub partial: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: Seq,
    /// The engine's time of the line.
    pub time: Stamp,
    pub what: What,
}

impl Entry {
    /// What a reader is sent. Bytes that are no UTF-8 become replacement characters.
    pub fn frame(&self) -> v1::LogFrame {
        let frame = match &self.what {
            What::Line(line) => v1::log_frame::Frame::Line(v1::LogLine {
                seq: Some(self.seq.into()),
                time: self.time.time().as_micros(),
                stream: match line.stream {
                    LogStream::Stdout => "stdout".to_owned(),
                    LogStream::Stderr => "stderr".to_owned(),
                },
                line: String::from_utf8_lossy(&line.text).into_owned(),
            }),
            What::Gap => v1::log_frame::Frame::Gap(v1::LogGap { dropped: None }),
        };
        v1::LogFrame { frame: Some(frame) }
    }
}

/// Which entries a reader wants. A gap is always wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    only: Option<LogStream>,
    since: Option<Timestamp>,
    grep: Option<String>,
}

impl Filter {
    /// Neither output named is both. `InvalidInput` for a pattern of more than 1,024 bytes.
    pub fn of(request: &v1::LogsRequest) -> Result<Self, Failure> {
        let grep = request.grep.clone().filter(|text| !text.is_empty());
        if grep.as_ref().is_some_and(|text| text.len() > 1024) {
            return Err(Failure::invalid("grep", "What is looked for has at most 1024 bytes."));
        }
        let only = match (request.stdout, request.stderr) {
            (true, false) => Some(LogStream::Stdout),
            (false, true) => Some(LogStream::Stderr),
            (true, true) | (false, false) => None,
        };
        Ok(Self { only, since: request.since.map(Timestamp::from_micros), grep })
    }

    pub fn wants(&self, entry: &Entry) -> bool {
        let What::Line(line) = &entry.what else { return true };
        self.only.is_none_or(|only| only == line.stream)
            && self.since.is_none_or(|since| entry.time.time() >= since)
            && self.grep.as_ref().is_none_or(|grep| String::from_utf8_lossy(&line.text).contains(grep.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(stream: LogStream, text: &str) -> Entry {
        let what = What::Line(Line { stream, text: text.into(), partial: false });
        Entry { seq: Seq { epoch: 1, ordinal: 1 }, time: Timestamp::from_micros(5).into(), what }
    }

    #[test]
    fn an_epoch_later_is_later() {
        assert!(Seq { epoch: 2, ordinal: 0 } > Seq { epoch: 1, ordinal: u64::MAX });
        assert_eq!(Seq { epoch: 3, ordinal: 1 }.before().next(), Seq { epoch: 3, ordinal: 1 });
    }

    #[test]
    fn a_filter_looks_at_output_time_and_text() {
        let of = |request: v1::LogsRequest| Filter::of(&request).unwrap();
        let (out, err) = (entry(LogStream::Stdout, "ready"), entry(LogStream::Stderr, "oh no"));
        let both = of(v1::LogsRequest::default());
        assert!(both.wants(&out) && both.wants(&err));
        let only = of(v1::LogsRequest { stderr: true, ..Default::default() });
        assert!(!only.wants(&out) && only.wants(&err));
        let late = of(v1::LogsRequest { since: Some(6), ..Default::default() });
        assert!(!late.wants(&out));
        let grep = of(v1::LogsRequest { grep: Some("no".into()), ..Default::default() });
        assert!(!grep.wants(&out) && grep.wants(&err));
    }

    #[test]
    fn a_gap_passes_every_filter() {
        let filter =
            Filter::of(&v1::LogsRequest { grep: Some("x".into()), since: Some(9), ..Default::default() }).unwrap();
        assert!(filter.wants(&Entry { what: What::Gap, ..entry(LogStream::Stdout, "") }));
    }
}
