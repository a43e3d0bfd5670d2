//! `berthd up`: all eight services in one process, from an empty directory to ready, and from SIGTERM to gone.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use anyhow::{Context as _, bail};
use kit::Ambient;
use tokio::signal::unix::{SignalKind, signal};
use wire::drain::Drain;
use wire::limit::Limits;
use wire::service::Service;
use wire::task::Scheduled;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::http::{self, Status};
use crate::platform::Platform;
use crate::{bus_task, wiring};

/// How long requests under way may take to end, and tasks after them.
const FINISH: Duration = Duration::from_secs(6);

/// Runs until a signal ends it.
pub async fn up(config: Config) -> anyhow::Result<()> {
    config.validate()?;
    let ambient = Ambient::system();
    let address = resolve(&config.listen)?;
    let data = DataDir::open(&config.data_dir, config.master_key_file.as_deref(), &ambient)?;
    let platform = platform(config, ambient, &data, address)?;
    let metrics = wire::telemetry::start_metrics()?;
    let services = wiring::all(&platform).await?;
    let readiness = services.iter().map(|service| (service.name, service.readiness.clone())).collect();
    let status = Status { drain: platform.drain.clone(), readiness, metrics };
    let listener = std::net::TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let server = http::serve(&platform, &services, listener, status.clone())?;
    let handle = server.handle();
    start(&platform, services)?;
    let serving = tokio::spawn(server);
    tokio::select! {
        () = ready(&status) => println!("berth is ready on http://{address}"),
        () = asked_to_stop() => return stop(&platform, &handle).await,
    }
    tokio::select! {
        () = asked_to_stop() => stop(&platform, &handle).await,
        ended = serving => ended?.context("the listener ended"),
    }
}

/// The same for a process that only looks at its own interface.
pub fn platform(config: Config, ambient: Ambient, data: &DataDir, address: SocketAddr) -> anyhow::Result<Platform> {
    let public = config.is_public(address.ip());
    if public && config.smtp_url.is_none() && !config.allow_file_mail {
        bail!(
            "others can reach {address}, so mail must go to a server: set smtp_url (BERTH_SMTP_URL), or allow_file_mail"
        );
    }
    Ok(Platform {
        limits: Limits::new(&config.limits),
        ambient,
        config,
        installation: data.installation,
        master: data.master.clone(),
        pipes: wire::Pipes::default(),
        drain: Drain::default(),
        public,
        databases: std::sync::Mutex::default(),
    })
}

fn resolve(listen: &str) -> anyhow::Result<SocketAddr> {
    let mut addresses = listen.to_socket_addrs().with_context(|| format!("`{listen}` is no address and port"))?;
    addresses.next().with_context(|| format!("`{listen}` names no address"))
}

/// Serves gRPC, starts consumers and tasks.
fn start(platform: &Platform, services: Vec<Service>) -> anyhow::Result<()> {
    let mut subscriptions = Vec::new();
    let mut tasks = Vec::new();
    for service in services {
        if let Some(grpc) = service.grpc {
            platform.pipes.serve(service.name, grpc, &platform.drain)?;
        }
        subscriptions.extend(service.consumers);
        tasks.extend(service.tasks);
    }
    let prune = bus_task::start(platform, &subscriptions, &platform.drain)?;
    tasks.push(Scheduled::new(Arc::new(prune)));
    tasks.push(Scheduled::new(Arc::new(http::ForgetIdle(platform.limits.clone()))));
    for task in tasks {
        task.start(&platform.drain);
    }
    Ok(())
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
            told = text;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Not ready, still accepting; then no more waits, sockets handed over; then requests, tasks and files end in turn.
async fn stop(platform: &Platform, server: &ServerHandle) -> anyhow::Result<()> {
    let drain = &platform.drain;
    tracing::info!("draining");
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
    let databases: Vec<_> = {
        let mut opened = platform.databases.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        opened.drain().map(|(_, database)| database).collect()
    };
    for database in databases {
        database.close().await;
    }
    tracing::info!("gone; containers keep running");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_platform_does_not_write_its_mail_to_files_unless_told_to() {
        let directory = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let data = DataDir::open(directory.path(), None, &ambient).unwrap();
        let start = |change: fn(&mut Config)| {
            let mut config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
            change(&mut config);
            platform(config, ambient.clone(), &data, "127.0.0.1:8080".parse().unwrap())
        };
        assert!(!start(|_| ()).unwrap().public);
        let proxied = start(|config| config.limits.trusted_proxies.push([127, 0, 0, 1].into()));
        assert!(proxied.err().unwrap().to_string().contains("smtp_url"));
        let told = start(|config| {
            config.limits.trusted_proxies.push([127, 0, 0, 1].into());
            config.allow_file_mail = true;
        });
        assert!(told.unwrap().public);
    }
}
