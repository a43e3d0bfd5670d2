//! A live log over the WebSocket. When the connection is lost, it is made again from the last line's `seq` on, so that
//! nothing is missed and nothing comes twice.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::api::Api;
use crate::failure::{Exit, Failure, Problem};

/// How long the platform may be away before a follower gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The platform pings more often than this: a connection that is quiet for longer is lost.
const QUIET: Duration = Duration::from_secs(90);
/// A connection on which nothing comes about in this time is none.
const CONNECT: Duration = Duration::from_secs(10);

/// Which log, and what of it.
pub struct Wanted {
    pub id: String,
    pub follow: bool,
    pub tail: Option<u32>,
    pub grep: Option<String>,
}

/// What the platform sends; `Other` are kinds that this client does not know, `ready` among them.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Frame {
    Log {
        #[serde(default)]
        seq: Option<String>,
        line: String,
    },
    Gap {
        #[serde(default)]
        dropped: Option<u64>,
    },
    End {
        #[serde(default)]
        reason: String,
    },
    Error {
        #[serde(default)]
        code: String,
        #[serde(default)]
        detail: String,
    },
    #[serde(other)]
    Other,
}

/// Why a connection ended.
enum Ended {
    /// All was said.
    Done,
    /// It may work from here on again.
    Lost(Failure),
    /// The token is too old; another may do.
    Expired,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Gives every frame to `show`, with its text, until the log ends.
pub async fn frames(
    api: &Api,
    wanted: Wanted,
    show: impl Fn(&Frame, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut since = None;
    let (mut pause, mut alive, mut renewed) = (SHORTEST_PAUSE, Instant::now(), false);
    loop {
        let token = api.bearer()?;
        let before = Instant::now();
        let ended = match connect(api, &wanted, since.as_deref(), &token).await? {
            Ok(socket) => {
                alive = Instant::now();
                listen(api, socket, &mut since, &show).await?
            }
            Err(ended) => ended,
        };
        match ended {
            Ended::Done => return Ok(()),
            Ended::Expired if renewed => return Err(Failure::not_logged_in(api.url())),
            Ended::Expired => {
                api.renew(&token).await?;
                renewed = true;
                continue;
            }
            Ended::Lost(failure) if alive.elapsed() >= PATIENCE => return Err(failure),
            Ended::Lost(_) => {}
        }
        // One that held for a while was a good one: the next begins with short pauses again.
        pause = if before.elapsed() > LONGEST_PAUSE { SHORTEST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
        renewed = false;
        tokio::time::sleep(pause).await;
    }
}

async fn connect(
    api: &Api,
    wanted: &Wanted,
    since: Option<&str>,
    token: &str,
) -> Result<Result<Socket, Ended>, Failure> {
    let mut request = address(api, wanted, since)?.into_client_request().map_err(Failure::other)?;
    let bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(Failure::other)?;
    request.headers_mut().insert(AUTHORIZATION, bearer);
    match tokio::time::timeout(CONNECT, connect_async(request)).await {
        Ok(Ok((socket, _))) => Ok(Ok(socket)),
        Ok(Err(Error::Http(response))) => refused(api, response.status().as_u16(), response.body().as_deref()).map(Err),
        Ok(Err(_)) | Err(_) => Ok(Err(lost(api))),
    }
}

fn address(api: &Api, wanted: &Wanted, since: Option<&str>) -> Result<String, Failure> {
    let mut query = vec![("follow", wanted.follow.to_string())];
    query.extend(wanted.grep.clone().map(|grep| ("grep", grep)));
    match since {
        Some(since) => query.push(("since", since.to_owned())),
        None => query.extend(wanted.tail.map(|tail| ("tail", tail.to_string()))),
    }
    let url = api.address(&format!("/interact/allocations/{}/logs", wanted.id), &query)?;
    // http becomes ws, and https wss.
    Ok(url.as_str().replacen("http", "ws", 1))
}

/// Reads until the connection ends; `since` follows the last line.
async fn listen(
    api: &Api,
    mut socket: Socket,
    since: &mut Option<String>,
    show: &impl Fn(&Frame, &str) -> Result<(), Failure>,
) -> Result<Ended, Failure> {
    while let Ok(Some(message)) = tokio::time::timeout(QUIET, socket.next()).await {
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(Message::Close(frame)) => return closed(api, frame.as_ref()),
            Ok(_) => continue,
            Err(_) => return Ok(lost(api)),
        };
        let frame: Frame = serde_json::from_str(&text).unwrap_or(Frame::Other);
        show(&frame, &text)?;
        match frame {
            Frame::Log { seq: Some(seq), .. } => *since = Some(seq),
            Frame::End { .. } => return Ok(Ended::Done),
            Frame::Error { code, .. } if code == "token_expired" => return Ok(Ended::Expired),
            Frame::Error { code, detail } => return failed(&code, &detail),
            _ => {}
        }
    }
    Ok(lost(api))
}

/// A part of the platform that is away may come back; what else is wrong stays so.
fn failed(code: &str, detail: &str) -> Result<Ended, Failure> {
    let failure = Failure::of_code(code, detail);
    if failure.exit == Exit::Unavailable { Ok(Ended::Lost(failure)) } else { Err(failure) }
}

fn refused(api: &Api, status: u16, body: Option<&[u8]>) -> Result<Ended, Failure> {
    let problem = body.and_then(|body| serde_json::from_slice::<Problem>(body).ok());
    let told = format!("{} answered {status}, and no more.", api.url());
    let failure =
        problem.map_or_else(|| Failure::local(Exit::of_status(status), "unexpected_answer", told), Failure::of);
    match failure.exit {
        _ if failure.code() == "token_expired" => Ok(Ended::Expired),
        Exit::Unavailable => Ok(Ended::Lost(failure)),
        _ => Err(failure),
    }
}

/// By the close codes of the interface: 44xx stand for the statuses 4xx, others for a connection that may come back.
fn closed(api: &Api, frame: Option<&CloseFrame>) -> Result<Ended, Failure> {
    let Some(frame) = frame else { return Ok(lost(api)) };
    let reason = frame.reason.as_str();
    match u16::from(frame.code) {
        1000 => Ok(Ended::Done),
        4401 if reason.contains("token_expired") => Ok(Ended::Expired),
        4401 => Err(Failure::not_logged_in(api.url())),
        code @ (4403 | 4404 | 4429) => {
            let told = if reason.is_empty() { "The platform closed the log." } else { reason };
            Err(Failure::local(Exit::of_status(code - 4000), "closed", told))
        }
        _ => Ok(lost(api)),
    }
}

fn lost(api: &Api) -> Ended {
    let told = format!("{} cannot be reached.", api.url());
    Ended::Lost(Failure::local(Exit::Unavailable, "platform_unavailable", told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_and_unknown_ones_passed_over() {
        let read = |text: &str| serde_json::from_str::<Frame>(text).unwrap();
        let log = r#"{"type":"log","seq":"1-2","time":"2026-01-01T00:00:00Z","stream":"stdout","line":"hi"}"#;
        assert_eq!(read(log), Frame::Log { seq: Some("1-2".into()), line: "hi".into() });
        assert_eq!(read(r#"{"type":"gap","dropped":null}"#), Frame::Gap { dropped: None });
        assert_eq!(read(r#"{"type":"ready"}"#), Frame::Other);
        assert_eq!(read(r#"{"type":"invented","later":1}"#), Frame::Other);
    }
}
