//! Logs, metrics and traces of a process: text for a person at a terminal, JSON for programs.

mod otlp;

use std::io::IsTerminal as _;

use kit::Failure;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

pub use otlp::{TelemetryConfig, Traces, start_traces, with_traces};

/// Starts logging to standard error. `RUST_LOG` overrides `level`.
pub fn start_logs(level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let logs =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_span_events(FmtSpan::NONE);
    if std::io::stderr().is_terminal() {
        logs.with_target(false).init();
    } else {
        logs.json().flatten_event(true).init();
    }
}

/// Starts collecting metrics; the handle renders them for `/metrics`.
pub fn start_metrics() -> Result<PrometheusHandle, Failure> {
    PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.005, 0.02, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0])
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::internal(format!("metrics cannot be collected: {error}")))
}
