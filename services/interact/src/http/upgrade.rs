//! From an HTTP request to a socket: the handshake, and who may have one at all.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use kit::{ErrorCode, Failure, TenantId};
use wire::Problem;
use wire::auth::{TENANT_HEADER, bearer};
use wire::origin::same_origin;

use super::App;
use super::socket::Socket;
use super::waiting::Place;

/// Messages of a client's are short.
const MESSAGE_BYTES: usize = 16 << 10;

/// What the request says of its sender, and its place among those who were not admitted yet.
pub struct Visitor {
    pub token: Option<String>,
    pub tenant: Option<TenantId>,
    pub place: Place,
}

/// The answer that upgrades, the socket, and who is there: refusals come over the socket, where browsers can see them.
pub fn upgrade(
    request: &HttpRequest,
    payload: web::Payload,
    app: &App,
) -> Result<(HttpResponse, Socket, Result<Visitor, Failure>), Problem> {
    let refused = |error: actix_web::Error| Failure::of(ErrorCode::UpgradeRequired).operator(error);
    let (response, session, messages) = actix_ws::handle(request, payload).map_err(refused)?;
    let messages =
        messages.max_frame_size(MESSAGE_BYTES).aggregate_continuations().max_continuation_size(MESSAGE_BYTES);
    let socket = Socket::new(session, messages, app.config.ping.get(), app.drain.tracker.token());
    Ok((response, socket, visitor(request, app)))
}

fn visitor(request: &HttpRequest, app: &App) -> Result<Visitor, Failure> {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(origin) = text(header::ORIGIN.as_str())
        && !same_origin(origin, text(header::HOST.as_str()).unwrap_or_default())
    {
        return Err(Failure::new(ErrorCode::Forbidden, "This page is not one of this host's."));
    }
    let address = app.limits.client_of(request);
    let most = app.config.unauthenticated_per_address;
    let place = app.waiting.enter(address, most).ok_or_else(|| Failure::of(ErrorCode::RateLimited))?;
    let refused = |_| Failure::invalid("Berth-Tenant", "The Berth-Tenant header is a tenant's id.");
    let tenant = text(TENANT_HEADER).map(str::parse).transpose().map_err(refused)?;
    Ok(Visitor { token: bearer(request).map(str::to_owned), tenant, place })
}
