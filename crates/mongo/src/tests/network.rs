//! A network between a test and its server that can swallow what is sent: connections stay open, and nothing arrives.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Network {
    pub authority: String,
    swallows: watch::Sender<bool>,
}

impl Network {
    pub async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let swallows = watch::Sender::new(false);
        let (server, state) = (server.to_owned(), swallows.subscribe());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let ((from, to), (back, home)) = (client.into_split(), server.into_split());
                tokio::spawn(carry(from, home, state.clone()));
                tokio::spawn(carry(back, to, state.clone()));
            }
        });
        Self { authority, swallows }
    }

    pub fn swallow(&self) {
        self.swallows.send_replace(true);
    }

    /// Works again for new connections; the old ones stay as deaf as they were.
    pub fn recover(&self) {
        self.swallows.send_replace(false);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallows: watch::Receiver<bool>) {
    let (mut buffer, mut deaf) = (vec![0; 1 << 16], false);
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        deaf |= *swallows.borrow();
        if !deaf && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    if deaf {
        // Not even the end of the connection is heard of.
        std::future::pending::<()>().await;
    }
}
