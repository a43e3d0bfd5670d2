//! What containers wrote, as the engine keeps it.

use async_trait::async_trait;
use bollard::container::LogOutput;
use bollard::query_parameters::{ListContainersOptionsBuilder, LogsOptionsBuilder};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use kit::{Failure, Timestamp};

use super::client::DockerEngine;
use super::failure::{failure, found};
use super::read;
use crate::domain::identity::{KIND, Kind};
use crate::ports::log_source::{LogSource, LogStream, LoggedContainer, RawLine};

/// How many containers are looked at at the same time.
const AT_ONCE: usize = 8;

#[async_trait]
impl LogSource for DockerEngine {
    async fn containers(&self) -> Result<Vec<LoggedContainer>, Failure> {
        let mut filters = self.filters();
        filters.entry("label".to_owned()).or_default().push(format!("{KIND}={}", Kind::Container.as_str()));
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let listed =
            self.call(|c| async move { c.docker.list_containers(Some(options)).await.map_err(failure) }).await?;
        let ids: Vec<String> = listed.into_iter().filter_map(|summary| summary.id).collect();
        let looked = futures::stream::iter(ids).map(|id| self.logged(id)).buffer_unordered(AT_ONCE);
        looked.try_filter_map(|container| async move { Ok(container) }).try_collect().await
    }

    async fn read(
        &self,
        container_id: &str,
        since: Timestamp,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<RawLine, Failure>>, Failure> {
        let docker = self.connected().await?.patient;
        // The engine takes whole seconds here; earlier lines may come along.
        let since = i32::try_from(since.as_secs()).unwrap_or(i32::MAX);
        let options =
            LogsOptionsBuilder::default().stdout(true).stderr(true).timestamps(true).since(since).follow(follow);
        let lines = docker.logs(container_id, Some(options.build())).map_err(failure);
        Ok(lines.try_filter_map(|line| async move { Ok(raw(line)) }).boxed())
    }
}

impl DockerEngine {
    /// `None` for one that was never started, or went while we looked.
    async fn logged(&self, id: String) -> Result<Option<LoggedContainer>, Failure> {
        let answer = self.call(|c| async move { found(c.docker.inspect_container(&id, None).await) }).await?;
        let Some(there) = answer.map(read::inspected).transpose()? else { return Ok(None) };
        Ok(there.container.started_at.map(|started_at| LoggedContainer {
            allocation: there.container.owner.allocation,
            container_id: there.container.container_id,
            started_at,
            running: there.running,
        }))
    }
}

/// The engine puts the time before each message; one without a time is not one.
fn raw(output: LogOutput) -> Option<RawLine> {
    let stream = match output {
        LogOutput::StdErr { .. } => LogStream::Stderr,
        _ => LogStream::Stdout,
    };
    let bytes = output.into_bytes();
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let time = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let line = bytes[space + 1..].strip_suffix(b"\n").unwrap_or(&bytes[space + 1..]);
    Some(RawLine { time, stream, line: line.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_split_from_its_time() {
        let message = "2026-01-01T00:00:00.000001234Z hello  world\n".into();
        let line = raw(LogOutput::StdErr { message }).unwrap();
        assert_eq!((line.time.to_string().as_str(), line.stream), ("2026-01-01T00:00:00.000001Z", LogStream::Stderr));
        assert_eq!(line.line, b"hello  world");
        assert_eq!(raw(LogOutput::StdOut { message: "2026-01-01T00:00:00Z \n".into() }).unwrap().line, b"");
        assert!(raw(LogOutput::StdOut { message: "no time".into() }).is_none());
    }
}
