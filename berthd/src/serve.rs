//! `berthd serve NAME`: one service in a process of its own, beside as many replicas as one likes. It waits for the servers
//! that it needs, and says so; what is away later comes back by itself.

pub mod events;
mod identity;
mod waiting;
mod watch;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kit::{Ambient, ErrorCode, Failure, ServiceName};
use wire::health::Readiness;
use wire::limit::{Limits, RedisCounter, ShareCounts};
use wire::peer::Network;
use wire::task::Scheduled;
use wire::tls::{Tls, TlsFiles, TlsNetwork};

use crate::backing::Wired;
use crate::config::Config;
use crate::http::{self, Status};
use crate::platform::Platform;
use crate::process;
use crate::wiring;

/// The longest pause between two looks for a server that is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Runs one service until a signal ends it.
pub async fn serve(name: ServiceName, config: Config) -> anyhow::Result<()> {
    config.validate()?;
    config.apart(name)?;
    let ambient = Ambient::system();
    let identity = identity::of(name, &config, &ambient)?;
    let address = process::resolve(&config.listen)?;
    let public = config.is_public(address.ip());
    if public && name == ServiceName::Notification {
        config.mails_of_the_public(address)?;
    }
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let calls = peers_listener(&config)?;
    let platform = Platform {
        limits: limits(&config)?,
        network: network(name, &config, &ambient)?,
        public,
        installation: identity.installation,
        master: identity.master.clone(),
        drain: wire::drain::Drain::default(),
        databases: std::sync::Mutex::default(),
        ambient,
        config,
    };
    let metrics = wire::telemetry::start_metrics()?;
    let readiness = Readiness::default();
    let mut status = Status {
        drain: platform.drain.clone(),
        readiness: vec![(name, readiness.clone())],
        metrics,
        data_dir: Some(platform.data_dir().to_owned()).filter(|directory| directory.is_dir()),
    };
    let Some(wired) = waiting::until_built(name, &platform, &listener, &status, &readiness).await? else {
        return Ok(());
    };
    status.readiness = vec![(name, wired.service.readiness.clone())];
    run(name, &platform, wired, listener, calls, status).await
}

/// Serves what was built.
async fn run(
    name: ServiceName,
    platform: &Platform,
    wired: Wired,
    listener: TcpListener,
    calls: TcpListener,
    status: Status,
) -> anyhow::Result<()> {
    let Wired { mut service, backing } = wired;
    let address = listener.local_addr()?;
    let server = http::serve(platform, std::slice::from_ref(&service), listener, status.clone())?;
    let handle = server.handle();
    if let Some(grpc) = service.grpc.take() {
        platform.network.serve(name, grpc, Some(calls), &platform.drain)?;
    }
    let (tasks, consumers) = (std::mem::take(&mut service.tasks), std::mem::take(&mut service.consumers));
    events::start(platform, name, consumers, backing.clone(), &service.readiness)?;
    if let Some(backing) = &backing {
        watch::start(backing.clone(), &service.readiness, &platform.drain);
    }
    let own = [
        Scheduled::new(Arc::new(http::ForgetIdle(platform.limits.clone()))),
        Scheduled::new(Arc::new(ShareCounts(platform.limits.clone()))),
    ];
    for task in tasks.into_iter().chain(own) {
        task.start(&platform.drain);
    }
    let ready = format!("{name} is ready on http://{address}");
    process::until_stopped(platform, server, handle, &status, &ready).await?;
    if let Some(backing) = backing {
        backing.close().await;
    }
    tracing::info!("gone; containers keep running");
    Ok(())
}

/// Replicas count together where there is a Redis, each for itself where there is none.
fn limits(config: &Config) -> Result<Arc<Limits>, Failure> {
    Ok(match config.redis.open("limits", RedisCounter::DEADLINE)? {
        Some(redis) => Limits::sharing(&config.limits, Arc::new(RedisCounter::new(redis, &config.limits))),
        None => Limits::new(&config.limits),
    })
}

fn peers_listener(config: &Config) -> anyhow::Result<TcpListener> {
    let Some(listen) = &config.peers.listen else {
        bail!(
            "peers.listen (BERTH_PEERS__LISTEN) has to name the address and port that other services call this one at"
        )
    };
    let address = process::resolve(listen)?;
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}

fn network(name: ServiceName, config: &Config, ambient: &Ambient) -> anyhow::Result<Network> {
    let Some(directory) = &config.peers.certificates else {
        bail!(
            "peers.certificates (BERTH_PEERS__CERTIFICATES) has to name a directory; `berthd certs init DIR` makes one"
        )
    };
    let tls = Tls::load(TlsFiles::in_directory(directory, name), name, ambient.clone())?;
    Ok(Network::Tls(TlsNetwork::new(tls, config.peers.places(), ambient.clone())))
}

/// Builds the service; `None` where what it needs is away, which `told` is told.
async fn build(
    name: ServiceName,
    platform: &Platform,
    told: &mut dyn FnMut(&Failure),
) -> Result<Option<Wired>, Failure> {
    match wiring::one(name, platform).await {
        Ok(wired) => Ok(Some(wired)),
        Err(failure) if matches!(failure.code, ErrorCode::StoreUnavailable | ErrorCode::PeerUnavailable) => {
            told(&failure);
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}
