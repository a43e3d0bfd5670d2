//! `berthd probe`: whether the service of a configuration says that it is ready, for images that hold no other program to ask with.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::process::resolve;

/// Shorter than whoever asks waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the service that listens at `listen`; an error holds what it said of itself.
pub fn run(listen: &str) -> anyhow::Result<()> {
    let address = near(resolve(listen)?);
    let text = ask(address).with_context(|| format!("{address} does not answer"))?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    ensure!(status == "200", "not ready: {body}");
    Ok(())
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// A listener on every address is found on loopback.
fn near(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    address
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Somebody who answers one request so.
    fn answering(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /readyz HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        // As the listeners in containers are named.
        format!("0.0.0.0:{}", address.port())
    }

    #[test]
    fn who_is_ready_passes_and_who_is_not_says_why() {
        run(&answering("HTTP/1.1 200 OK\r\n\r\n{}")).unwrap();
        let listen = answering("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"parts\":{\"database\":\"away\"}}");
        assert!(run(&listen).unwrap_err().to_string().contains("database"));
    }

    #[test]
    fn nobody_is_not_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        assert!(run(&address).unwrap_err().to_string().contains("does not answer"));
    }
}
