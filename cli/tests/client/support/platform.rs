//! A platform for tests: HTTP and WebSocket on one port, answered by the test; it remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::SinkExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// What the client asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `POST /user/login`, without its query.
    pub line: String,
    pub query: String,
    /// By lower-case name.
    pub headers: HashMap<String, String>,
    pub body: Value,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What it gets.
#[derive(Clone, Debug)]
pub enum Reply {
    Json(u16, Value),
    Problem(u16, &'static str, Vec<(&'static str, String)>),
    /// A request that is not valid, by its field.
    Invalid(&'static str),
    Text(String),
    /// The connection ends without an answer.
    HangUp,
    /// A WebSocket with these frames, closed with this code.
    Socket(Vec<Value>, u16),
}

pub fn list(items: &[Value]) -> Reply {
    Reply::Json(200, json!({ "items": items, "next_cursor": null }))
}

pub fn nothing_there() -> Reply {
    Reply::Problem(404, "route_not_found", vec![])
}

/// Done, and nothing to say.
pub fn empty(status: u16) -> Reply {
    Reply::Json(status, Value::Null)
}

type Answer = dyn Fn(&Asked, usize) -> Reply + Send + Sync;

#[derive(Clone)]
pub struct Platform {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Answer>,
}

impl Platform {
    /// `answer` also gets how often the same line was asked before.
    pub async fn start(answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let platform = Self { url, asked: Arc::default(), answer: Arc::new(answer) };
        let serving = platform.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                // A client that goes away is no failure of the platform.
                tokio::spawn(async move { drop(serving.serve(stream).await) });
            }
        });
        platform
    }

    /// Everything asked on one line, in order.
    pub fn asked(&self, line: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.line == line).cloned().collect()
    }

    fn reply(&self, asked: Asked) -> Reply {
        let mut all = self.asked.lock().unwrap();
        let before = all.iter().filter(|other| other.line == asked.line).count();
        let reply = (self.answer)(&asked, before);
        all.push(asked);
        reply
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut start = [0; 14];
        while stream.peek(&mut start).await? < start.len() {
            tokio::task::yield_now().await;
        }
        if &start == b"GET /interact/" {
            return self.socket(stream).await;
        }
        let asked = read(&mut stream).await?;
        let (status, kind, extra, body) = match self.reply(asked) {
            Reply::Json(status, Value::Null) => (status, "application/json", vec![], String::new()),
            Reply::Json(status, body) => (status, "application/json", vec![], body.to_string()),
            Reply::Problem(status, code, extra) => {
                let problem = json!({ "type": "t", "title": "T", "status": status, "code": code, "detail": format!("It is {code}.") });
                (status, "application/problem+json", extra, problem.to_string())
            }
            Reply::Invalid(field) => {
                let problem = json!({ "type": "t", "title": "T", "status": 400, "code": "invalid_input", "detail": "It is missing.", "field": field });
                (400, "application/problem+json", vec![], problem.to_string())
            }
            Reply::Text(text) => (200, "text/plain", vec![], text),
            Reply::HangUp | Reply::Socket(..) => return Ok(()),
        };
        let extra = extra.iter().fold(String::new(), |all, (name, value)| format!("{all}{name}: {value}\r\n"));
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\nconnection: close\r\n{extra}content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await
    }

    async fn socket(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut asked = Asked::default();
        #[allow(clippy::result_large_err, reason = "the library says what a look at a handshake returns")]
        let look = |request: &server::Request, response: server::Response| {
            asked.line = format!("GET {}", request.uri().path());
            request.uri().query().unwrap_or_default().clone_into(&mut asked.query);
            let headers = request.headers().iter();
            asked.headers =
                headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, look).await.map_err(std::io::Error::other)?;
        let Reply::Socket(frames, code) = self.reply(asked) else { return Ok(()) };
        for frame in frames {
            socket.send(Message::text(frame.to_string())).await.map_err(std::io::Error::other)?;
        }
        let close =
            CloseFrame { code: code.into(), reason: if code == 4401 { "token_expired".into() } else { "".into() } };
        socket.close(Some(close)).await.map_err(std::io::Error::other)
    }
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while bytes.len() < end + 4 + length {
        stream.read_buf(&mut bytes).await?;
    }
    let body = serde_json::from_slice(&bytes[end + 4..]).unwrap_or_default();
    Ok(Asked { line: format!("{method} {path}"), query: query.to_owned(), headers, body })
}
