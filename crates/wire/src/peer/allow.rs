//! The door of a service's gRPC side: who calls, whether they may call that method, and what comes along with the call
//! (request id, place in a trace, deadline).

use std::borrow::Cow;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use kit::context::RequestContext;
use kit::trace::{self, Span, SpanKind};
use kit::{ErrorCode, Failure, ServiceName};
use proto::convert::status_of;
use tokio::time::Instant;
use tonic::body::Body;
use tower::{Layer, Service};

use super::answer::Watched;
use super::timeout;
use crate::context;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct CallingService(pub ServiceName);

/// Which services may call which methods. A method that is not named is closed to all.
#[derive(Clone, Debug, Default)]
pub struct Allow(HashMap<String, Vec<ServiceName>>);

impl Allow {
    /// `methods` are pairs of a full method name, `/berth.v1.Users/Find`, and those who may call it.
    pub fn methods(methods: &[(&str, &[ServiceName])]) -> Self {
        Self(methods.iter().map(|(method, callers)| ((*method).to_owned(), callers.to_vec())).collect())
    }

    pub fn permits(&self, method: &str, caller: ServiceName) -> bool {
        let standard = method.starts_with("/grpc.health.v1.") || method.starts_with("/grpc.reflection.v1.");
        standard || self.0.get(method).is_some_and(|callers| callers.contains(&caller))
    }
}

/// Refuses calls by services that a method does not name; the others run as part of what called them.
#[derive(Clone)]
pub struct AllowLayer {
    service: ServiceName,
    allow: Arc<Allow>,
}

impl AllowLayer {
    pub fn new(service: ServiceName, allow: Allow) -> Self {
        Self { service, allow: Arc::new(allow) }
    }
}

impl<S> Layer<S> for AllowLayer {
    type Service = AllowService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AllowService { inner, door: self.clone() }
    }
}

#[derive(Clone)]
pub struct AllowService<S> {
    inner: S,
    door: AllowLayer,
}

impl<S> Service<http::Request<Body>> for AllowService<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path();
        let caller = request.extensions().get::<CallingService>().map(|calling| calling.0);
        let Some(caller) = caller.filter(|caller| self.door.allow.permits(method, *caller)) else {
            tracing::warn!(?caller, method, "refused a call between services");
            let refused = status_of(&Failure::new(ErrorCode::Forbidden, "This service may not call that method."));
            return Box::pin(async move { Ok(refused.into_http()) });
        };
        let span = span(self.door.service, caller, &request);
        let answer = coming_along(&request).with_trace(span.place()).carry(self.inner.call(request));
        if !span.is_recorded() {
            return Box::pin(answer);
        }
        Box::pin(async move { Ok(Watched::over(answer.await?, span)) })
    }
}

/// What the caller said of the work that this call is part of.
fn coming_along(request: &http::Request<Body>) -> kit::context::Context {
    let context = kit::context::Context::default();
    let context = match timeout::read(request.headers()) {
        Some(left) => context.with_deadline(Instant::now() + left),
        None => context,
    };
    match text(request, context::HEADER) {
        Some(id) => context.with_request(RequestContext::named(id)),
        None => context,
    }
}

fn span(service: ServiceName, caller: ServiceName, request: &http::Request<Body>) -> Span {
    let parent = text(request, trace::HEADER).and_then(|text| text.parse().ok());
    let method = request.uri().path().trim_start_matches('/');
    let mut span = Span::begin(SpanKind::Server, Some(service), parent, || Cow::Owned(method.to_owned()));
    span.tell(|span| {
        span.text("rpc.system.name", "grpc".to_owned());
        span.text("rpc.method", method.to_owned());
        span.text("berth.peer", caller.to_string());
    });
    span
}

fn text<'a>(request: &'a http::Request<Body>, header: &str) -> Option<&'a str> {
    request.headers().get(header).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_closed() {
        let allow = Allow::methods(&[("/berth.v1.Engine/List", &[ServiceName::Allocation])]);
        assert!(allow.permits("/berth.v1.Engine/List", ServiceName::Allocation));
        assert!(!allow.permits("/berth.v1.Engine/List", ServiceName::Feed));
        assert!(!allow.permits("/berth.v1.Engine/Logs", ServiceName::Allocation));
        assert!(allow.permits("/grpc.health.v1.Health/Check", ServiceName::Feed));
    }
}
