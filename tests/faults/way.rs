//! The way to a server, which a test can make long: a TCP proxy that holds what goes through it, in both directions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// How much goes through at a time, and how many of those are on the way.
const PIECE: usize = 64 * 1024;
const PIECES: usize = 64;

/// Nobody gets through before `open` has said where to.
pub struct Way {
    listener: Option<TcpListener>,
    address: SocketAddr,
    /// In milliseconds.
    delay: Arc<AtomicU64>,
    running: Option<JoinHandle<()>>,
}

impl Way {
    pub async fn lay() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a port");
        let address = listener.local_addr().expect("a listener has an address");
        Self { listener: Some(listener), address, delay: Arc::default(), running: None }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn open(&mut self, server: SocketAddr) {
        let listener = self.listener.take().expect("a way is opened once");
        self.running = Some(tokio::spawn(serve(listener, server, self.delay.clone())));
    }

    /// What comes from now on takes so long, each way.
    pub fn hold(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).expect("a delay is short");
        self.delay.store(millis, Ordering::Relaxed);
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, delay: Arc<AtomicU64>) {
    // Dropped with this task, which ends every connection.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let delay = delay.clone();
        connections.spawn(async move {
            // Without a server the client's connection ends at once.
            let Ok(server) = TcpStream::connect(server).await else { return };
            let no_delay = [client.set_nodelay(true), server.set_nodelay(true)];
            no_delay.into_iter().for_each(|set| set.expect("a socket takes its options"));
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            // Whichever end hangs up first, the other has nobody to speak with.
            tokio::select! {
                () = carry(from_client, to_server, &delay) => {}
                () = carry(from_server, to_client, &delay) => {}
            }
        });
    }
}

/// Each piece leaves as much later than it came as the way was long then, and in its turn.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: &AtomicU64) {
    let (send, mut on_the_way) = mpsc::channel::<(Instant, Vec<u8>)>(PIECES);
    let enter = async move {
        let mut piece = vec![0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let arrives = Instant::now() + Duration::from_millis(delay.load(Ordering::Relaxed));
            if send.send((arrives, piece[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let leave = async move {
        while let Some((arrives, piece)) = on_the_way.recv().await {
            tokio::time::sleep_until(arrives).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(enter, leave);
}
