//! Spans to an OpenTelemetry collector, where one is configured. Sent in batches by a thread of their own: a collector that
//! is slow or away costs spans, never a request.

use std::time::Duration;

use kit::trace::{self, NewSpan, Recorder, Recording, SpanKind};
use kit::{Failure, ServiceName, Traceparent};
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, Status, TraceContextExt as _, TraceFlags, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, SpanId, TraceId};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span};
use serde::{Deserialize, Serialize};

/// How long the last spans may take to leave when the process ends.
const LAST: Duration = Duration::from_secs(3);

/// What is told to whom about how requests went.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// A collector of spans, `http://host:4317` (OTLP over gRPC). Without one none are recorded.
    pub otlp: Option<String>,
    /// The share of traces that begin here and are recorded, 0 to 1. What is part of a trace already follows its choice.
    pub sampling: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { otlp: None, sampling: 1.0 }
    }
}

impl TelemetryConfig {
    /// The first thing that cannot be, in words.
    pub fn validate(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.sampling) {
            return Err("telemetry.sampling: a share from 0 to 1".to_owned());
        }
        match &self.otlp {
            Some(url) if !url.starts_with("http://") => {
                Err("telemetry.otlp: an address such as http://localhost:4317; a collector is beside us, without TLS"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Spans of this process on their way to a collector.
pub struct Traces(SdkTracerProvider);

/// Runs a process's work with its spans exported, the last of them when it has ended. Refuses settings that cannot be, in
/// words.
///
/// # Panics
/// Outside a runtime.
pub async fn with_traces<T>(
    config: &TelemetryConfig,
    service: Option<ServiceName>,
    work: impl Future<Output = T>,
) -> Result<T, String> {
    config.validate()?;
    let traces = start_traces(config, service).map_err(|failure| failure.to_string())?;
    let done = work.await;
    if let Some(traces) = traces
        && let Err(failure) = traces.stop().await
    {
        tracing::warn!(%failure, "the last spans could not be sent");
    }
    Ok(done)
}

/// From here on spans are recorded and exported, where a collector is configured. `service` is the one that this process
/// runs; all of them are `berth`.
///
/// # Panics
/// Outside a runtime.
pub fn start_traces(config: &TelemetryConfig, service: Option<ServiceName>) -> Result<Option<Traces>, Failure> {
    let Some(endpoint) = &config.otlp else { return Ok(None) };
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build().map_err(Failure::internal)?;
    let resource = Resource::builder()
        .with_service_name(service.map_or("berth", ServiceName::as_str))
        .with_attribute(KeyValue::new("service.namespace", "berth"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sampling))))
        .with_batch_exporter(exporter)
        .build();
    if !trace::install(Box::new(Otlp(provider.tracer("berth")))) {
        return Err(Failure::internal("spans are recorded already"));
    }
    Ok(Some(Traces(provider)))
}

impl Traces {
    /// Sends what is waiting to be sent.
    pub async fn flush(&self) -> Result<(), Failure> {
        let provider = self.0.clone();
        blocking(move || provider.force_flush()).await
    }

    /// The same for the last time.
    pub async fn stop(self) -> Result<(), Failure> {
        blocking(move || self.0.shutdown_with_timeout(LAST)).await
    }
}

/// The exporter waits for its thread, and the thread for connections that live on this runtime.
async fn blocking(
    work: impl FnOnce() -> opentelemetry_sdk::error::OTelSdkResult + Send + 'static,
) -> Result<(), Failure> {
    tokio::task::spawn_blocking(work).await.map_err(Failure::internal)?.map_err(Failure::internal)
}

struct Otlp(SdkTracer);

impl Recorder for Otlp {
    fn begin(&self, new: NewSpan<'_>) -> Box<dyn Recording> {
        let mut builder = SpanBuilder::from_name(new.name).with_kind(kind(new.kind));
        if let Some(service) = new.service {
            builder = builder.with_attributes([KeyValue::new("berth.service", service.as_str())]);
        }
        if !new.links.is_empty() {
            builder = builder.with_links(new.links.iter().map(|place| Link::with_context(context(place))).collect());
        }
        let parent = match &new.parent {
            Some(parent) => Context::new().with_remote_span_context(context(parent)),
            None => Context::new(),
        };
        Box::new(Live(self.0.build_with_context(builder, &parent)))
    }
}

const fn kind(kind: SpanKind) -> opentelemetry::trace::SpanKind {
    use opentelemetry::trace::SpanKind as Kind;
    match kind {
        SpanKind::Server => Kind::Server,
        SpanKind::Client => Kind::Client,
        SpanKind::Producer => Kind::Producer,
        SpanKind::Consumer => Kind::Consumer,
    }
}

fn context(place: &Traceparent) -> SpanContext {
    let flags = if place.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace, span) = (TraceId::from_bytes(place.trace), SpanId::from_bytes(place.span));
    SpanContext::new(trace, span, flags, true, TraceState::default())
}

/// A span under way; the SDK ends it when it is dropped.
struct Live(Span);

impl Recording for Live {
    fn place(&self) -> Traceparent {
        let context = self.0.span_context();
        let (trace, span) = (context.trace_id().to_bytes(), context.span_id().to_bytes());
        Traceparent { trace, span, sampled: context.is_sampled() }
    }

    fn rename(&mut self, name: String) {
        self.0.update_name(name);
    }

    fn text(&mut self, key: &'static str, value: String) {
        self.0.set_attribute(KeyValue::new(key, value));
    }

    fn number(&mut self, key: &'static str, value: i64) {
        self.0.set_attribute(KeyValue::new(key, value));
    }

    fn fail(&mut self, why: String) {
        self.0.set_status(Status::error(why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let with = |otlp: Option<&str>, sampling| {
            TelemetryConfig { otlp: otlp.map(str::to_owned), sampling }.validate().err().unwrap_or_default()
        };
        assert_eq!(with(None, 1.0), "");
        assert_eq!(with(Some("http://collector:4317"), 0.01), "");
        assert!(with(None, 1.5).contains("telemetry.sampling"));
        assert!(with(None, f64::NAN).contains("telemetry.sampling"));
        assert!(with(Some("collector:4317"), 1.0).contains("telemetry.otlp"));
    }
}
