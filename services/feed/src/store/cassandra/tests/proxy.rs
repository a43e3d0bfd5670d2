//! A proxy before Cassandra that knows a conditional batch when it sees one, and loses it, its answer or everything.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// What becomes of a batch. Those that no fate is told of pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Passes,
    /// The connection ends before it is sent on.
    IsLost,
    /// Cassandra gets it and answers; the connection ends before the answer is sent on.
    LosesItsAnswer,
    /// The connection ends, and Cassandra gets it when the test says so.
    ComesLate,
}

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Open,
    /// Nothing goes through, and nothing ends.
    Stalled,
    /// Those that are there end, and new ones end at once.
    Closed,
}

#[derive(Clone)]
pub struct Proxy {
    pub address: SocketAddr,
    fates: Arc<Mutex<VecDeque<Fate>>>,
    mode: watch::Sender<Mode>,
    release: Arc<Notify>,
    /// How many batches were answered whose answers went nowhere.
    answered: watch::Sender<usize>,
}

/// `BATCH` among the opcodes of the native protocol, version 4, section 2.4.
const BATCH: u8 = 0x0d;

impl Proxy {
    pub async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            fates: Arc::default(),
            mode: watch::Sender::new(Mode::Open),
            release: Arc::default(),
            answered: watch::Sender::new(0),
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *accepting.mode.borrow() != Mode::Closed {
                    let server = TcpStream::connect(&server).await.unwrap();
                    tokio::spawn(accepting.clone().carry(client, server));
                }
            }
        });
        proxy
    }

    /// What becomes of the next batches.
    pub fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.fates.lock().unwrap().extend(fates);
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// How many batches were answered whose answers went nowhere.
    pub fn answered(&self) -> watch::Receiver<usize> {
        self.answered.subscribe()
    }

    /// Sends what comes late on, and waits until it was answered.
    pub async fn let_the_late_arrive(&self) {
        let mut answered = self.answered.subscribe();
        let before = *answered.borrow();
        self.release.notify_one();
        answered.wait_for(|answered| *answered > before).await.unwrap();
    }

    fn next(&self) -> Fate {
        self.fates.lock().unwrap().pop_front().unwrap_or(Fate::Passes)
    }

    async fn until(&self, wanted: impl Fn(Mode) -> bool) {
        self.mode.subscribe().wait_for(|mode| wanted(*mode)).await.unwrap();
    }

    async fn carry(self, client: TcpStream, server: TcpStream) {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (mute, heard) = (watch::Sender::new(false), Arc::new(Notify::new()));
        let muted = mute.subscribe();
        let answers = tokio::spawn(self.clone().answers(from_server, to_client, muted, heard.clone()));
        tokio::select! {
            () = self.until(|mode| mode == Mode::Closed) => {}
            () = self.requests(from_client, to_server, &mute, &heard) => {}
        }
        answers.abort();
    }

    /// Frames from the driver to Cassandra, until one ends the connection.
    async fn requests(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        mute: &watch::Sender<bool>,
        heard: &Notify,
    ) {
        while let Some(frame) = frame(&mut from).await {
            self.until(|mode| mode != Mode::Stalled).await;
            let fate = if frame[4] == BATCH { self.next() } else { Fate::Passes };
            match fate {
                Fate::Passes => to.write_all(&frame).await.unwrap_or_default(),
                Fate::IsLost => return,
                Fate::LosesItsAnswer | Fate::ComesLate => {
                    mute.send_replace(true);
                    if fate == Fate::ComesLate {
                        self.release.notified().await;
                    }
                    to.write_all(&frame).await.unwrap();
                    heard.notified().await;
                    self.answered.send_modify(|answered| *answered += 1);
                    return;
                }
            }
        }
    }

    /// Answers to the driver; once muted it hangs up, and only notes that there was one.
    async fn answers(
        self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        mut muted: watch::Receiver<bool>,
        heard: Arc<Notify>,
    ) {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let muted = async { muted.wait_for(|muted| *muted).await.is_ok() };
            tokio::select! {
                _ = muted => break,
                read = from.read(&mut bytes) => match read {
                    Ok(count @ 1..) => {
                        self.until(|mode| mode != Mode::Stalled).await;
                        if to.write_all(&bytes[..count]).await.is_err() {
                            return;
                        }
                    }
                    _ => return,
                },
            }
        }
        drop(to);
        if let Ok(1..) = from.read(&mut bytes).await {
            heard.notify_one();
        }
    }
}

/// One frame of the protocol: a header of nine bytes that ends in the body's length.
async fn frame(from: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let mut frame = vec![0; 9];
    from.read_exact(&mut frame).await.ok()?;
    let length = u32::from_be_bytes(frame[5..9].try_into().unwrap());
    frame.resize(9 + length as usize, 0);
    from.read_exact(&mut frame[9..]).await.ok()?;
    Some(frame)
}
