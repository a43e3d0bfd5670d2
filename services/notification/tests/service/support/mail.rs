//! A mail server for tests: the few commands of RFC 5321 that a client needs, and a switch for what it answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// 451 to every recipient: try again.
    PutsOff,
    /// 550 to every recipient: never.
    Refuses,
    /// Takes the mail and loses the connection before saying so.
    TakesAndHangsUp,
    /// 535: our login is wrong.
    RefusesLogin,
}

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub to: String,
    /// What the client said of itself, as `AUTH PLAIN` encodes it.
    pub login: String,
    pub data: String,
}

impl Received {
    pub fn header(&self, name: &str) -> String {
        let start = format!("{name}: ");
        let line = self.data.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.data)).to_owned()
    }
}

#[derive(Clone)]
pub struct MailServer {
    pub address: SocketAddr,
    mails: Arc<Mutex<Vec<Received>>>,
    manner: Arc<Mutex<Manner>>,
}

impl MailServer {
    pub async fn start(manner: Manner) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), manner)
    }

    pub fn serve(listener: TcpListener, manner: Manner) -> Self {
        let address = listener.local_addr().unwrap();
        let server = Self { address, mails: Arc::default(), manner: Arc::new(Mutex::new(manner)) };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                // A client that goes away in the middle is no failure of the server.
                tokio::spawn(async move { drop(serving.speak(stream).await) });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub fn mails(&self) -> Vec<Received> {
        self.mails.lock().unwrap().clone()
    }

    async fn speak(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test ESMTP\r\n").await?;
        let (mut to, mut login) = (String::new(), String::new());
        while let Some(line) = lines.next_line().await? {
            let manner = *self.manner.lock().unwrap();
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let answer = match (verb.as_str(), manner) {
                ("EHLO", _) => "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME",
                ("AUTH", Manner::RefusesLogin) => "535 no",
                ("AUTH", _) => {
                    login = line.trim_start_matches("AUTH PLAIN ").to_owned();
                    "235 welcome"
                }
                ("RCPT", Manner::PutsOff) => "451 try later",
                ("RCPT", Manner::Refuses) => "550 no such mailbox",
                ("RCPT", _) => {
                    to = line.trim_start_matches("RCPT TO:<").split('>').next().unwrap_or_default().to_owned();
                    "250 ok"
                }
                ("DATA", _) => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut data = String::new();
                    while let Some(line) = lines.next_line().await? {
                        if line == "." {
                            break;
                        }
                        data.push_str(&line);
                        data.push('\n');
                    }
                    self.mails.lock().unwrap().push(Received { to: to.clone(), login: login.clone(), data });
                    if manner == Manner::TakesAndHangsUp {
                        return Ok(());
                    }
                    "250 taken"
                }
                ("QUIT", _) => return write.write_all(b"221 bye\r\n").await,
                _ => "250 ok",
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }
}
