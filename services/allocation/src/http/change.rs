//! Starts, stops and restarts: one shape for three verbs, each an endpoint of its own.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use kit::{AllocationId, Caller};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PathId, Problem, Problems, Query, Verified, scope};

use super::prefer;
use super::views::AllocationView;
use crate::domain::lifecycle::{State, Verb};
use crate::use_cases::Desk;
use crate::use_cases::change::{Wish, change};
use crate::use_cases::wait::wait;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct StartParameters {
    /// Take another host port: saved addresses end to work.
    #[serde(default)]
    new_port: bool,
}

/// A query that has nothing in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Start an allocation
///
/// Its port is the one that it had, unless another is asked for. One that failed before it ever ran starts from nothing.
#[utoipa::path(operation_id = "allocation_start", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:write"])),
    params(("id" = String, Path, format = Uuid), StartParameters, ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 200, description = "It is running", body = AllocationView),
              (status = 202, description = "It will be", body = AllocationView), Problems))]
#[post("/{id}/start")]
pub async fn start(
    caller: Verified<scope::AllocationsWrite>,
    id: PathId<AllocationId>,
    request: HttpRequest,
    desk: web::Data<Desk>,
    query: Query<StartParameters>,
) -> Result<HttpResponse, Problem> {
    ask(&desk, &caller, id.0, Wish { new_port: query.0.new_port, ..Wish::of(Verb::Start) }, &request).await
}

/// Stop an allocation
///
/// Its container ends; its name, port and volumes stay. An admin stops anybody's; that is recorded as such, and takes
/// `admin:write` beside `allocations:write` where an API key asks.
#[utoipa::path(operation_id = "allocation_stop", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:write"])),
    params(("id" = String, Path, format = Uuid), ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 200, description = "It is stopped", body = AllocationView),
              (status = 202, description = "It will be", body = AllocationView), Problems))]
#[post("/{id}/stop")]
pub async fn stop(
    caller: Verified<scope::AllocationsWrite>,
    id: PathId<AllocationId>,
    request: HttpRequest,
    desk: web::Data<Desk>,
    _: Query<Nothing>,
) -> Result<HttpResponse, Problem> {
    ask(&desk, &caller, id.0, Wish::of(Verb::Stop), &request).await
}

/// Restart an allocation
///
/// The program starts anew; its network and ports stay.
#[utoipa::path(operation_id = "allocation_restart", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:write"])),
    params(("id" = String, Path, format = Uuid), ("Prefer" = Option<String>, Header, description = "wait=SECONDS, at most 60")),
    responses((status = 200, description = "It is running", body = AllocationView),
              (status = 202, description = "It will be", body = AllocationView), Problems))]
#[post("/{id}/restart")]
pub async fn restart(
    caller: Verified<scope::AllocationsWrite>,
    id: PathId<AllocationId>,
    request: HttpRequest,
    desk: web::Data<Desk>,
    _: Query<Nothing>,
) -> Result<HttpResponse, Problem> {
    ask(&desk, &caller, id.0, Wish::of(Verb::Restart), &request).await
}

/// Notes the wish and waits as long as the client would like: 200 when it is so, else 202.
pub async fn ask(
    desk: &Desk,
    caller: &Caller,
    id: AllocationId,
    wish: Wish,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut allocation = change(desk, caller, id, wish).await?;
    let goal = match wish.verb {
        Verb::Start | Verb::Restart => State::Running,
        Verb::Stop => State::Stopped,
        Verb::Remove => State::Removed,
    };
    let waited = prefer::wait_of(request);
    if let Some(span) = waited {
        allocation = wait(desk, allocation.tenant, id, goal, span).await?;
    }
    let reached = allocation.state == goal && !allocation.working;
    let status = if waited.is_some() && reached { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(prefer::answer(status, waited, &allocation, &desk.public_host))
}
