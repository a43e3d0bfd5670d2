//! An OpenTelemetry collector of a test's own, made of the published protos.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
pub use opentelemetry_proto::tonic::trace::v1::Span;
pub use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tonic::{Request, Response, Status};

/// A span, and the `service.name` of who sent it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub service: String,
    pub span: Span,
}

/// Keeps the spans that it is sent.
#[derive(Clone, Default)]
pub struct Collector(Arc<Mutex<Vec<Kept>>>);

impl Collector {
    /// Serves for as long as the test's runtime lives; gives where.
    ///
    /// # Panics
    /// Where loopback has no port left.
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a port");
        let address = listener.local_addr().expect("a listener has an address");
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(incoming));
        format!("http://{address}")
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn all(&self) -> Vec<Kept> {
        self.kept().clone()
    }

    pub fn forget(&self) {
        self.kept().clear();
    }

    /// The spans of one kind, in the order in which they ended.
    pub fn of(&self, kind: SpanKind) -> Vec<Kept> {
        self.kept().iter().filter(|kept| kept.span.kind() == kind).cloned().collect()
    }

    /// # Panics
    /// Where there is none, or more than one.
    pub fn one(&self, kind: SpanKind, name: &str) -> Kept {
        let mut found = self.of(kind);
        found.retain(|kept| kept.span.name == name);
        assert_eq!(found.len(), 1, "{kind:?} {name}: {:?}", self.all());
        found.remove(0)
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for sent in request.into_inner().resource_spans {
            let attributes = sent.resource.unwrap_or_default().attributes;
            let name = attributes.into_iter().find(|attribute| attribute.key == "service.name");
            let name = name.and_then(|name| name.value?.value).map(text);
            let service = name.ok_or_else(|| Status::invalid_argument("nobody sent this"))?;
            let spans = sent.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.kept().extend(spans.map(|span| Kept { service: service.clone(), span }));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// What a span says of itself by a name.
pub fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.clone()?.value.map(text)
}

fn text(value: Value) -> String {
    match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}
