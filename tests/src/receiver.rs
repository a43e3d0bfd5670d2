//! Somebody else's HTTP server for tests: a gateway for text messages, or a webhook's receiver. Keeps every request, and
//! answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::until;

/// A request as it arrived; header names in lower case.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<(u16, String)>>,
}

impl Receiver {
    /// On a port of its own, where the platform reaches it; answers 200.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let url = crate::compose::reachable(&url).await;
        let receiver = Self { url, received: Arc::default(), answer: Arc::new(Mutex::new((200, "{}".to_owned()))) };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                // A client that goes away in the middle is no failure of the server.
                tokio::spawn(async move { drop(serving.answer(stream).await) });
            }
        });
        receiver
    }

    /// Answers with this status from now on.
    pub fn behave(&self, status: u16) {
        self.answer.lock().expect("no test panics with it").0 = status;
    }

    /// Answers with this JSON from now on.
    pub fn say(&self, json: &str) {
        json.clone_into(&mut self.answer.lock().expect("no test panics with it").1);
    }

    /// Where it listens, as `host:port`.
    pub fn address(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no test panics with it").clone()
    }

    /// Waits for a request like this.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Received) -> bool) -> Received {
        let look = || async { self.received().into_iter().find(|request| wanted(request)) };
        until(what, look, Option::is_some).await.expect("just seen")
    }

    async fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut first = String::new();
        stream.read_line(&mut first).await?;
        let mut words = first.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let text = String::from_utf8_lossy(&body).into_owned();
        self.received.lock().expect("no test panics with it").push(Received { method, path, headers, text });
        let (status, json) = self.answer.lock().expect("no test panics with it").clone();
        let answer = format!(
            "HTTP/1.1 {status} As told\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{json}",
            json.len()
        );
        stream.get_mut().write_all(answer.as_bytes()).await
    }
}
