//! What goes over the socket, as JSON text, one frame a message.

use kit::{AllocationId, Failure, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{LogFrame, Output};

/// One message of the server's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[schema(as = LogFrame)]
pub enum FrameView {
    /// One line. `seq` is passed back as `since` to go on behind it; it is ordered and stays valid.
    Log {
        seq: String,
        #[schema(value_type = String, format = DateTime)]
        time: Timestamp,
        stream: &'static str,
        line: String,
    },
    /// Lines are missing here; how many, or null where nobody knows.
    Gap { dropped: Option<u64> },
    /// Nothing follows: `stopped`, `removed`, `failed`, `lost`, or `complete` without `follow`.
    End { reason: String },
    /// What was stored is given; what follows is live.
    Ready,
    /// Something is wrong, by the code and the sentence that REST gives too.
    Error { code: &'static str, detail: String },
}

impl From<LogFrame> for FrameView {
    fn from(frame: LogFrame) -> Self {
        match frame {
            LogFrame::Line { cursor, time, output, text } => Self::Log {
                seq: cursor.to_string(),
                time,
                stream: match output {
                    Output::Stdout => "stdout",
                    Output::Stderr => "stderr",
                },
                line: text,
            },
            LogFrame::Gap { dropped } => Self::Gap { dropped },
            LogFrame::End { reason } => Self::End { reason },
            LogFrame::Ready => Self::Ready,
        }
    }
}

impl From<&Failure> for FrameView {
    fn from(failure: &Failure) -> Self {
        Self::Error { code: failure.code.as_str(), detail: failure.detail.clone() }
    }
}

/// A browser's first message: it cannot send an `Authorization` header.
#[derive(Deserialize)]
#[serde(tag = "event", deny_unknown_fields)]
pub enum FirstMessage {
    #[serde(rename = "AUTH")]
    Auth {
        token: String,
        /// As the `Berth-Tenant` header.
        #[serde(default)]
        tenant: Option<TenantId>,
    },
}

/// What older clients send on `/interact`.
#[derive(Deserialize)]
#[serde(tag = "event", deny_unknown_fields)]
pub enum Command {
    #[serde(rename = "SEND_LOGS")]
    SendLogs {
        /// The allocation's id.
        #[serde(rename = "containerId")]
        allocation: AllocationId,
        token: String,
    },
    #[serde(rename = "CLOSE_LOGS")]
    CloseLogs {
        #[serde(rename = "containerId", default)]
        _allocation: Option<String>,
        #[serde(rename = "token", default)]
        _token: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cursor;

    fn text(frame: FrameView) -> String {
        serde_json::to_string(&frame).unwrap()
    }

    #[test]
    fn frames_look_as_clients_know_them() {
        let line = LogFrame::Line {
            cursor: Cursor { epoch: 1, ordinal: 2 },
            time: Timestamp::EPOCH,
            output: Output::Stderr,
            text: "oh \"no\"".into(),
        };
        assert_eq!(
            text(line.into()),
            r#"{"type":"log","seq":"0000000000000001-0000000000000002","time":"1970-01-01T00:00:00.000000Z","stream":"stderr","line":"oh \"no\""}"#
        );
        assert_eq!(text(LogFrame::Gap { dropped: None }.into()), r#"{"type":"gap","dropped":null}"#);
        assert_eq!(text(LogFrame::End { reason: "stopped".into() }.into()), r#"{"type":"end","reason":"stopped"}"#);
        assert_eq!(text(FrameView::Ready), r#"{"type":"ready"}"#);
        let failure = Failure::of(kit::ErrorCode::SessionClosed);
        assert_eq!(
            text((&failure).into()),
            r#"{"type":"error","code":"session_closed","detail":"The session was closed."}"#
        );
    }
}
