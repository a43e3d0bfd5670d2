//! The listener: every service's endpoints side by side, and what belongs to the process itself.

mod fallback;
pub mod openapi;
mod own;
pub mod site;
mod vitals;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use async_trait::async_trait;
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa_actix_web::AppExt as _;
use utoipa_swagger_ui::SwaggerUi;
use wire::drain::Drain;
use wire::health::Readiness;
use wire::limit::Limits;
use wire::observe::{Observe, observe};
use wire::service::{Routes, Service};
use wire::task::{Report, Task};

use crate::platform::Platform;

/// How long a client may take to send its request's head.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// Longer than NGINX keeps its connections to us, so that it is never we who close first.
const KEEP_ALIVE: Duration = Duration::from_secs(90);

/// What `/readyz` and `/metrics` answer from.
#[derive(Clone)]
pub struct Status {
    pub drain: Drain,
    pub readiness: Vec<(kit::ServiceName, Readiness)>,
    pub metrics: PrometheusHandle,
    /// Where it keeps data, if it does.
    pub data_dir: Option<PathBuf>,
}

impl Status {
    /// What is not ready, `docker: engine is starting`.
    pub fn waiting_for(&self) -> Vec<String> {
        let parts = |(name, readiness): &(kit::ServiceName, Readiness)| {
            let report = readiness.report();
            let not_ok = report.parts.into_iter().filter(|(_, state)| state != "ok");
            not_ok.map(|(part, state)| format!("{name}'s {part} ({state})")).collect::<Vec<_>>()
        };
        self.readiness.iter().flat_map(parts).collect()
    }
}

/// What every process answers about itself, also while it waits.
pub fn probes(config: &mut web::ServiceConfig) {
    config.service(own::healthz).service(own::readyz).service(own::metrics);
}

/// A server on a listener that is bound already. It serves once it is polled.
pub fn serve(
    platform: &Platform,
    services: &[Service],
    listener: TcpListener,
    status: Status,
) -> anyhow::Result<Server> {
    let routes: Vec<Routes> = services.iter().filter_map(|service| service.http.clone()).collect();
    let observed =
        Observe { ambient: platform.ambient.clone(), limits: platform.limits.clone(), drain: platform.drain.clone() };
    let document = openapi::of(&routes);
    let paths = Arc::new(fallback::Paths::of(&document));
    let server = HttpServer::new(move || {
        let (app, _) = App::new()
            .into_utoipa_app()
            .configure(|config| routes.iter().for_each(|add| add(config)))
            .split_for_parts();
        app.app_data(web::Data::new(observed.clone()))
            .app_data(web::Data::new(status.clone()))
            .app_data(web::Data::from(paths.clone()))
            .configure(probes)
            .service(own::errors)
            .service(web::redirect("/", "/docs/"))
            .service(web::redirect("/docs", "/docs/"))
            .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", document.clone()))
            .default_service(web::to(fallback::handler))
            .wrap(from_fn(fallback::methods_only))
            .wrap(from_fn(observe))
    });
    let server = server
        .workers(2)
        .client_request_timeout(HEAD_DEADLINE)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(5)
        .disable_signals()
        .listen(listener)?
        .run();
    Ok(server)
}

/// Forgets addresses and callers that have been quiet, so that the limits' memory stays bounded.
pub struct ForgetIdle(pub Arc<Limits>);

#[async_trait]
impl Task for ForgetIdle {
    fn name(&self) -> &'static str {
        "limits_forget_idle"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn run_once(&self) -> Report {
        self.0.forget_idle();
        Report::default()
    }
}
