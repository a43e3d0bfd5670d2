//! Before a service can be built, its servers have to be there. Until then its listener says that it is not ready, and why.

use std::net::TcpListener;
use std::pin::pin;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use kit::{ErrorCode, Failure, ServiceName};
use wire::Problem;
use wire::health::Readiness;

use super::{LONGEST_PAUSE, build};
use crate::backing::Wired;
use crate::http::{Status, probes};
use crate::platform::Platform;
use crate::process::asked_to_stop;
use crate::supervisor;

/// How long nobody answers at the listener at most: a migration, or another replica's, takes as long as it takes.
const SOON: Duration = Duration::from_millis(500);

/// Tries until the service is built; `None` where a signal came first.
pub async fn until_built(
    name: ServiceName,
    platform: &Platform,
    listener: &TcpListener,
    status: &Status,
    readiness: &Readiness,
) -> anyhow::Result<Option<Wired>> {
    readiness.expect("database");
    let mut told = String::new();
    let mut tell = |failure: &Failure| {
        let text = failure.operator.clone().unwrap_or_else(|| failure.detail.clone());
        readiness.not_ok("database", &text);
        if text != told {
            tracing::warn!("{name} waits for its database: {text}");
            supervisor::status(&format!("waiting for its database: {text}"));
            told = text;
        }
    };
    let mut building = pin!(building(name, platform, &mut tell));
    // Most of the time everything is there.
    if let Ok(built) = tokio::time::timeout(SOON, &mut building).await {
        return Ok(Some(built?));
    }
    let server = server(listener.try_clone()?, status.clone())?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    supervisor::serving();
    let built = tokio::select! {
        built = building => built.map(Some).map_err(anyhow::Error::from),
        () = asked_to_stop() => Ok(None),
    };
    handle.stop(false).await;
    serving.await??;
    built
}

async fn building(name: ServiceName, platform: &Platform, tell: &mut dyn FnMut(&Failure)) -> Result<Wired, Failure> {
    let mut pause = Duration::from_millis(100);
    loop {
        if let Some(wired) = build(name, platform, tell).await? {
            return Ok(wired);
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

fn server(listener: TcpListener, status: Status) -> std::io::Result<actix_web::dev::Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(status.clone()))
            .configure(probes)
            .default_service(web::to(|| async { Err::<String, _>(Problem(Failure::of(ErrorCode::StoreUnavailable))) }))
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}
