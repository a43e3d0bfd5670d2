//! One question to a program: does it answer? Asked from the host at the sandbox's own address.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kit::machine::{Probe, ProbeKind, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::ports::Engine;

/// How much of an answer's head is looked at.
const HEAD: u64 = 256;

/// Where and how to ask.
pub struct Question<'a> {
    pub probe: &'a Probe,
    pub address: IpAddr,
    pub port: u16,
    pub protocol: Protocol,
    /// The container's name, for `exec`.
    pub container: &'a str,
}

impl Question<'_> {
    /// Whether the program answered in time as the probe wants it.
    pub async fn ask(&self, engine: &dyn Engine) -> bool {
        let answer = async {
            match self.probe.kind {
                ProbeKind::Exec => engine.exec(self.container, &self.probe.command).await.unwrap_or(false),
                // Nothing answers to an empty datagram: running is ready.
                ProbeKind::Tcp if self.protocol == Protocol::Udp => true,
                ProbeKind::Tcp => self.connect().await.is_ok(),
                ProbeKind::Http => self.get().await.is_some_and(|status| self.counts(status)),
            }
        };
        tokio::time::timeout(self.probe.timeout.get(), answer).await.unwrap_or(false)
    }

    async fn connect(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(SocketAddr::new(self.address, self.port)).await
    }

    /// The status of a plain HTTP/1.0 answer.
    async fn get(&self) -> Option<u16> {
        let mut stream = self.connect().await.ok()?;
        let path = self.probe.path.as_deref().unwrap_or("/");
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\nUser-Agent: berth-probe\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut head = Vec::new();
        // A server that resets after its answer has answered.
        let _ = stream.take(HEAD).read_to_end(&mut head).await;
        status(&head)
    }

    fn counts(&self, status: u16) -> bool {
        self.probe.status.map_or((200..400).contains(&status), |wanted| wanted == status)
    }

    /// When to give up: as often as the probe says, each at its interval, and the last answer in its time.
    pub fn bound(&self) -> Duration {
        self.probe.interval.get().saturating_mul(self.probe.retries).saturating_add(self.probe.timeout.get())
    }
}

/// The number in `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(head.split(|byte| *byte == b'\r').next()?).ok()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_from_an_answers_first_line() {
        assert_eq!(status(b"HTTP/1.1 204 No Content\r\nx: y"), Some(204));
        assert_eq!(status(b"HTTP/1.0 302\r\n"), Some(302));
        for head in [&b""[..], b"SSH-2.0-x\r\n", b"HTTP/1.1 x\r\n", b"\xff\xfe"] {
            assert_eq!(status(head), None);
        }
    }
}
