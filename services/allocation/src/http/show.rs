//! One allocation, now or once it is in a state.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use kit::{AllocationId, Failure};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PathId, Problem, Problems, Query, Verified};

use super::prefer;
use super::views::AllocationView;
use crate::domain::lifecycle::State;
use crate::use_cases::Desk;
use crate::use_cases::wait::wait;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Answer once it is in this state, can no longer get there, or time is up.
    wait_for: Option<String>,
    /// Seconds, at most 60; default 30.
    timeout: Option<u64>,
}

/// Show an allocation
#[utoipa::path(operation_id = "allocation_show", tag = "allocations", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid), Parameters), responses((status = 200, body = AllocationView), Problems))]
#[get("/{id}")]
pub async fn handler(
    caller: Verified,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let allocation = match query.0.wait_for.as_deref() {
        None => desk.find(&caller, id.0).await?,
        Some(text) => {
            let unknown = || Failure::invalid("wait_for", format!("There is no state called {text}."));
            let goal = State::parse(text).ok_or_else(unknown)?;
            wait(&desk, &caller, id.0, goal, Duration::from_secs(query.0.timeout.unwrap_or(30))).await?
        }
    };
    Ok(prefer::answer(StatusCode::OK, None, &allocation, &desk.public_host))
}
