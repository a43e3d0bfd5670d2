//! The process's own endpoints: is it alive, is it ready, what does it count, and what do its errors mean.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use actix_web::{HttpResponse, get, web};
use kit::ErrorCode;
use serde_json::json;

use super::{Status, vitals};

/// Whether the process lives.
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Whether it can do its work, part by part.
#[get("/readyz")]
pub async fn readyz(status: web::Data<Status>) -> HttpResponse {
    let services: BTreeMap<&str, _> =
        status.readiness.iter().map(|(name, readiness)| (name.as_str(), readiness.report())).collect();
    let draining = status.drain.is_draining();
    let ready = !draining && services.values().all(|report| report.ready);
    let body = json!({"ready": ready, "draining": draining, "services": services});
    if ready { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}

/// Counters and histograms for Prometheus.
#[get("/metrics")]
pub async fn metrics(status: web::Data<Status>) -> HttpResponse {
    vitals::record(&status);
    status.metrics.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(status.metrics.render())
}

/// What each problem's `type` points at.
#[get("/docs/errors")]
pub async fn errors() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(errors_page())
}

/// The page itself.
pub fn errors_page() -> String {
    let mut page = String::from(
        "<!doctype html><meta charset=utf-8><title>Berth: problems</title><style>body{font:16px/1.5 system-ui;max-width:60rem;\
         margin:2rem auto;padding:0 1rem}td,th{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd}</style>\
         <h1>Problems</h1><p>Every error is <code>application/problem+json</code> with one of these codes.</p>\
         <table><tr><th>Code<th>Status<th>Meaning",
    );
    for code in ErrorCode::ALL {
        let status = code.row().status;
        let _ = write!(page, "<tr id=\"{code}\"><td><code>{code}</code><td>{status}<td>{}", code.title());
    }
    page.push_str("</table>");
    page
}
