//! Asks for an allocation. Accepted is accepted: what follows survives a crash.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use kit::Failure;
use wire::{Json, Problem, Problems, Verified, scope};

use super::prefer;
use super::views::{AllocationView, CreateBody};
use crate::domain::lifecycle::State;
use crate::ports::IdempotencyKey;
use crate::use_cases::Desk;
use crate::use_cases::create::{Order, create};
use crate::use_cases::wait::wait;

/// Ask for an allocation
///
/// Answers at once with state `requested`, or with `Prefer: wait=20` when it is running or has failed. A repeated
/// `Idempotency-Key` gives the allocation that it made before.
#[utoipa::path(operation_id = "allocation_create", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:write"])), request_body = CreateBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat safe; kept 24 h"),
           ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 201, body = AllocationView), Problems))]
#[post("")]
pub async fn handler(
    caller: Verified<scope::AllocationsWrite>,
    request: HttpRequest,
    desk: web::Data<Desk>,
    body: Json<CreateBody>,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&request, &desk, &body.0)?;
    let (wishes, body) = (body.0.wishes(), body.0);
    let order = Order { machine: body.machine_id, name: body.name, wishes, site: body.site, key };
    let (mut allocation, replayed) = create(&desk, &caller, order).await?;
    let waited = prefer::wait_of(&request);
    if let Some(span) = waited {
        allocation = wait(&desk, allocation.tenant, allocation.id, State::Running, span).await?;
    }
    let mut response = prefer::builder(StatusCode::CREATED, waited);
    response.insert_header(("Location", format!("/allocations/{}", allocation.id)));
    if replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    Ok(response.json(AllocationView::new(&allocation, &desk.public_host)))
}

/// The client's key with an HMAC of what it asks for.
fn key_of(request: &HttpRequest, desk: &Desk, body: &CreateBody) -> Result<Option<IdempotencyKey>, Failure> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let plain = |text: &&str| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let key = value.to_str().ok().filter(plain).ok_or_else(|| {
        Failure::invalid("Idempotency-Key", "An idempotency key is 1 to 128 visible ASCII characters.")
    })?;
    let said = serde_json::to_vec(body).map_err(Failure::internal)?;
    Ok(Some(IdempotencyKey { key: key.to_owned(), fingerprint: desk.fingerprints.hash(&said) }))
}
