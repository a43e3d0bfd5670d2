//! What every process does that serves: find its address, say when it is ready, and go away without loss.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::http::Status;
use crate::platform::Platform;
use crate::supervisor;

/// How long requests under way may take to end, and tasks after them.
const FINISH: Duration = Duration::from_secs(6);

pub fn resolve(listen: &str) -> anyhow::Result<SocketAddr> {
    let mut addresses = listen.to_socket_addrs().with_context(|| format!("`{listen}` is no address and port"))?;
    addresses.next().with_context(|| format!("`{listen}` names no address"))
}

/// Serves; says once that it is ready; drains when asked to stop.
pub async fn until_stopped(
    platform: &Platform,
    server: Server,
    handle: ServerHandle,
    status: &Status,
    ready_line: &str,
) -> anyhow::Result<()> {
    let serving = tokio::spawn(server);
    supervisor::serving();
    tokio::select! {
        () = ready(status) => {
            println!("{ready_line}");
            supervisor::status("ready");
        }
        () = asked_to_stop() => { stop(platform, &handle).await; return Ok(()) }
    }
    tokio::select! {
        () = asked_to_stop() => { stop(platform, &handle).await; Ok(()) }
        ended = serving => ended?.context("the listener ended"),
    }
}

/// Waits until everything works; says meanwhile what is waited for.
async fn ready(status: &Status) {
    let mut told = String::new();
    loop {
        let waiting = status.waiting_for();
        if waiting.is_empty() {
            return;
        }
        let text = waiting.join(", ");
        if text != told {
            tracing::info!("waiting for {text}");
            supervisor::status(&format!("waiting for {text}"));
            told = text;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Not ready, still accepting; then no more waits, sockets handed over; then requests and tasks end in turn.
async fn stop(platform: &Platform, server: &ServerHandle) {
    let drain = &platform.drain;
    tracing::info!("draining");
    supervisor::stopping();
    drain.begin();
    tokio::select! {
        () = tokio::time::sleep(platform.config.drain.get()) => {}
        () = asked_to_stop() => tracing::info!("asked twice: not accepting any longer"),
    }
    drain.handover.cancel();
    // Requests under way end first: they need the services.
    let _ = tokio::time::timeout(FINISH, server.stop(true)).await;
    drain.stop.cancel();
    drain.tracker.close();
    if tokio::time::timeout(FINISH, drain.tracker.wait()).await.is_err() {
        tracing::warn!("some tasks did not end in time; what they do is taken up at the next start");
    }
}
