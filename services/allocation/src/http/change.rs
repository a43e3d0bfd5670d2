//! Starts, stops and restarts: one shape for three verbs, each an endpoint of its own.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use kit::{AllocationId, Caller};
use wire::{PathId, Problem, Problems, Verified};

use super::prefer;
use super::views::AllocationView;
use crate::domain::lifecycle::{State, Verb};
use crate::use_cases::Desk;
use crate::use_cases::change::change;
use crate::use_cases::wait::wait;

/// Start an allocation
///
/// Its port is the one that it had. One that failed before it ever ran starts from nothing.
#[utoipa::path(operation_id = "allocation_start", tag = "allocations", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid), ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 200, description = "It is running", body = AllocationView),
              (status = 202, description = "It will be", body = AllocationView), Problems))]
#[post("/{id}/start")]
pub async fn start(
    caller: Verified,
    id: PathId<AllocationId>,
    request: HttpRequest,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    ask(&desk, &caller, id.0, Verb::Start, false, &request).await
}

/// Stop an allocation
///
/// Its container ends; its name, port and volumes stay.
#[utoipa::path(operation_id = "allocation_stop", tag = "allocations", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid), ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 200, description = "It is stopped", body = AllocationView),
              (status = 202, description = "It will be", body = AllocationView), Problems))]
#[post("/{id}/stop")]
pub async fn stop(
    caller: Verified,
    id: PathId<AllocationId>,
    request: HttpRequest,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    ask(&desk, &caller, id.0, Verb::Stop, false, &request).await
}

/// Restart an allocation
///
/// The program starts anew; its network and ports stay.
#[utoipa::path(operation_id = "allocation_restart", tag = "allocations", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid), ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 200, description = "It is running", body = AllocationView),
              (status = 202, description = "It will be", body = AllocationView), Problems))]
#[post("/{id}/restart")]
pub async fn restart(
    caller: Verified,
    id: PathId<AllocationId>,
    request: HttpRequest,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    ask(&desk, &caller, id.0, Verb::Restart, false, &request).await
}

/// Notes the wish and waits as long as the client would like: 200 when it is so, else 202.
pub async fn ask(
    desk: &Desk,
    caller: &Caller,
    id: AllocationId,
    verb: Verb,
    force: bool,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut allocation = change(desk, caller, id, verb, force).await?;
    let goal = match verb {
        Verb::Start | Verb::Restart => State::Running,
        Verb::Stop => State::Stopped,
        Verb::Remove => State::Removed,
    };
    let waited = prefer::wait_of(request);
    if let Some(span) = waited {
        allocation = wait(desk, caller, id, goal, span).await?;
    }
    let reached = allocation.state == goal && !allocation.working;
    let status = if waited.is_some() && reached { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(prefer::answer(status, waited, &allocation, &desk.public_host))
}
