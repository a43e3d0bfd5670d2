//! `berthd up`: all eight services in one process, from an empty directory to ready, and from SIGTERM to gone.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use kit::Ambient;
use wire::drain::Drain;
use wire::limit::Limits;
use wire::service::Service;
use wire::task::Scheduled;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::http::{self, Status};
use crate::platform::Platform;
use crate::{bus_task, marks, process, wiring};

/// Runs until a signal ends it.
pub async fn up(config: Config) -> anyhow::Result<()> {
    config.validate()?;
    config.embedded()?;
    let ambient = Ambient::system();
    let address = process::resolve(&config.listen)?;
    let data = DataDir::open(
        &config.data_dir,
        config.installation_file.as_deref(),
        config.master_key_file.as_deref(),
        &ambient,
    )?;
    marks::require_none(&config.data_dir)?;
    let platform = platform(config, ambient, &data, address)?;
    let metrics = wire::telemetry::start_metrics()?;
    let services = wiring::all(&platform).await?;
    let readiness = services.iter().map(|service| (service.name, service.readiness.clone())).collect();
    let status =
        Status { drain: platform.drain.clone(), readiness, metrics, data_dir: Some(platform.data_dir().to_owned()) };
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let server = http::serve(&platform, &services, listener, status.clone())?;
    let handle = server.handle();
    start(&platform, services)?;
    let ready = format!("berth is ready on http://{address}");
    process::until_stopped(&platform, server, handle, &status, &ready).await?;
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

/// The same for a process that only looks at its own interface.
pub fn platform(config: Config, ambient: Ambient, data: &DataDir, address: SocketAddr) -> anyhow::Result<Platform> {
    let public = config.is_public(address.ip());
    if public {
        config.mails_of_the_public(address)?;
    }
    Ok(Platform {
        limits: Limits::new(&config.limits),
        ambient,
        config,
        installation: data.installation,
        master: data.master.clone(),
        network: wire::peer::Network::default(),
        drain: Drain::default(),
        public,
        databases: std::sync::Mutex::default(),
    })
}

/// Serves gRPC, starts consumers and tasks.
fn start(platform: &Platform, services: Vec<Service>) -> anyhow::Result<()> {
    let mut subscriptions = Vec::new();
    let mut tasks = Vec::new();
    for service in services {
        if let Some(grpc) = service.grpc {
            platform.network.serve(service.name, grpc, None, &platform.drain)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_platform_does_not_write_its_mail_to_files_unless_told_to() {
        let directory = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let data = DataDir::open(directory.path(), None, None, &ambient).unwrap();
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
