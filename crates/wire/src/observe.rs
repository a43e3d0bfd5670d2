//! Around every REST request: its id, its limits, its line in the log and its place in the metrics.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONNECTION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError as _, web};
use kit::context::Context;
use kit::trace::{self, Recording, Span, SpanKind};
use kit::{Ambient, ServiceName, Traceparent};

use crate::Problem;
use crate::context::{self, RequestContext};
use crate::drain::Drain;
use crate::limit::Limits;

/// What the middleware needs; an `app_data` of the listener.
#[derive(Clone)]
pub struct Observe {
    pub ambient: Ambient,
    pub limits: Arc<Limits>,
    pub drain: Drain,
}

/// For `actix_web::middleware::from_fn`.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let observe = request.app_data::<web::Data<Observe>>().cloned();
    let Some(observe) = observe else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let id = context::accept_or_mint(header(context::HEADER), &observe.ambient);
    let parent = header(trace::HEADER).and_then(|text| text.parse().ok());
    let address = observe.limits.client_of(request.request());
    let method = known(request.method());
    let mut span = Span::begin(SpanKind::Server, service_of(request.path()), parent, || Cow::Borrowed(method));
    let place = span.place().unwrap_or_else(|| Traceparent::mint(&observe.ambient));
    let context = Context::default()
        .with_request(RequestContext { id: id.clone(), address: Some(address) })
        .with_trace(Some(place));
    let response = context.carry(watched(request, next, &observe, &id, address)).await;
    if let Ok(response) = &response {
        span.tell(|span| told(span, response, method));
    }
    response
}

/// What a span of a request says of it when it is answered.
fn told<B>(span: &mut dyn Recording, response: &ServiceResponse<B>, method: &str) {
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status();
    span.rename(format!("{method} {route}"));
    span.text("http.request.method", method.to_owned());
    span.text("http.route", route);
    span.text("url.path", response.request().path().to_owned());
    span.number("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.fail(status.to_string());
    }
}

/// Whose endpoints are under a path.
fn service_of(path: &str) -> Option<ServiceName> {
    Some(match path.split('/').nth(1)? {
        "user" => ServiceName::User,
        "machines" => ServiceName::Machines,
        "allocations" => ServiceName::Allocation,
        "feed" => ServiceName::Feed,
        "interact" => ServiceName::Interact,
        "notifications" => ServiceName::Notification,
        _ => return None,
    })
}

async fn watched<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    observe: &Observe,
    id: &str,
    address: IpAddr,
) -> Result<ServiceResponse<actix_web::body::EitherBody<B>>, Error> {
    let began = Instant::now();
    let method = request.method().clone();
    let mut request = request;
    if method == Method::HEAD {
        // Answered as the GET it stands for; the connection leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let path = request.path().to_owned();
    let mut response = match observe.limits.address(address) {
        Ok(()) => match next.call(request).await {
            Ok(response) => response.map_into_left_body(),
            Err(error) => return Err(error),
        },
        Err(failure) => request.into_response(Problem(failure).error_response()).map_into_right_body(),
    };
    let seconds = began.elapsed().as_secs_f64();
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let status = response.status().as_u16();
    metrics::histogram!("berth_http_request_seconds", "method" => known(&method), "route" => route, "status" => status.to_string())
        .record(seconds);
    let trace_id = kit::context::trace().map(|place| place.trace_id()).unwrap_or_default();
    let duration_ms = (seconds * 1e3) as u64;
    if is_quiet(&path, status) {
        tracing::debug!(request_id = id, trace_id, %method, path, status, %address, duration_ms, "{method} {path} {status}");
    } else {
        tracing::info!(request_id = id, trace_id, %method, path, status, %address, duration_ms, "{method} {path} {status}");
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(HeaderName::from_static(context::HEADER), value);
    }
    if observe.drain.is_draining() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Whoever watches asks every few seconds; that all is well is no news.
fn is_quiet(path: &str, status: u16) -> bool {
    status == 200 && matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// The method as a label: what clients make up is all one, or the metrics would grow with it.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
