//! A client's end of a WebSocket: frames as JSON, and the code that it is closed with.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::Person;

/// A frame that does not come in this time does not come.
const DEADLINE: Duration = Duration::from_secs(60);

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Frame(Value),
    Closed(u16),
}

impl Person {
    /// Opens a socket with the token in its header, or without one where nobody is logged in.
    pub async fn socket(&self, path: &str) -> Socket {
        let url = format!("{}{path}", self.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("an address");
        if !self.tokens.access_token.is_empty() {
            let header = format!("Bearer {}", self.tokens.access_token);
            request.headers_mut().insert("authorization", header.parse().expect("a token is plain text"));
        }
        let (socket, _) = connect_async(request).await.unwrap_or_else(|error| panic!("no socket at {path}: {error}"));
        Socket(socket)
    }

    /// An allocation's log, live.
    pub async fn follow(&self, id: &str) -> Socket {
        self.socket(&format!("/interact/allocations/{id}/logs")).await
    }
}

impl Socket {
    pub async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the socket is open");
    }

    pub async fn hear(&mut self) -> Heard {
        self.hear_within(DEADLINE).await
    }

    /// The next frame, or the close code; 1006 is a connection that broke.
    ///
    /// # Panics
    /// When nothing comes in time.
    pub async fn hear_within(&mut self, deadline: Duration) -> Heard {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Heard::Frame(serde_json::from_str(&text).expect("frames are JSON"));
                    }
                    Some(Ok(Message::Close(frame))) => {
                        return Heard::Closed(frame.map_or(1005, |frame| frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Heard::Closed(1006),
                }
            }
        };
        tokio::time::timeout(deadline, next).await.unwrap_or_else(|_| panic!("nothing came in {deadline:?}"))
    }

    /// Reads until a log line contains a text, and gives all frames up to it.
    pub async fn until_line(&mut self, text: &str) -> Vec<Value> {
        self.until(|frame| frame["line"].as_str().is_some_and(|line| line.contains(text))).await
    }

    /// Reads until a frame of a type.
    pub async fn until_type(&mut self, kind: &str) -> Vec<Value> {
        self.until(|frame| frame["type"] == kind).await
    }

    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            match self.hear().await {
                Heard::Frame(frame) => frames.push(frame),
                Heard::Closed(code) => panic!("closed with {code} after {frames:#?}"),
            }
            if frames.last().is_some_and(&wanted) {
                return frames;
            }
        }
    }

    /// Reads to the end: the last `error` frame's code, and the close code. It has to come within a time.
    pub async fn ending_within(&mut self, deadline: Duration) -> (Option<String>, u16) {
        let mut error = None;
        let read = async {
            loop {
                match self.hear().await {
                    Heard::Frame(frame) if frame["type"] == "error" => {
                        error = frame["code"].as_str().map(str::to_owned);
                    }
                    Heard::Frame(_) => {}
                    Heard::Closed(code) => return code,
                }
            }
        };
        let code = tokio::time::timeout(deadline, read).await;
        let code = code.unwrap_or_else(|_| panic!("the socket is open after {deadline:?}"));
        (error, code)
    }

    pub async fn ending(&mut self) -> (Option<String>, u16) {
        self.ending_within(DEADLINE).await
    }
}
