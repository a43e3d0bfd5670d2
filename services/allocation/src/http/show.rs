//! One allocation, now or once it is in a state.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use kit::{AllocationId, Failure};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PathId, Problem, Problems, Query, Verified, scope};

use super::prefer;
use super::views::AllocationView;
use crate::domain::lifecycle::State;
use crate::use_cases::Desk;
use crate::use_cases::show::show;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Answer once it is in this state, can no longer get there, or time is up.
    wait_for: Option<String>,
    /// Seconds; more than 60 are taken for 60. Default 30.
    #[param(format = Int64, maximum = 4_294_967_295_u32)]
    timeout: Option<u32>,
}

impl Parameters {
    /// What is waited for, and for how long.
    fn goal(&self) -> Result<Option<(State, Duration)>, Failure> {
        let span = Duration::from_secs(self.timeout.unwrap_or(30).into());
        let state = self.wait_for.as_deref().map(|text| {
            let unknown = || Failure::invalid("wait_for", format!("There is no state called {text}."));
            State::parse(text).ok_or_else(unknown)
        });
        Ok(state.transpose()?.map(|state| (state, span)))
    }
}

/// Show an allocation
///
/// An admin sees anybody's; that is recorded, and takes `admin:read` beside `allocations:read` where an API key asks.
#[utoipa::path(operation_id = "allocation_show", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:read"])),
    params(("id" = String, Path, format = Uuid), Parameters), responses((status = 200, body = AllocationView), Problems))]
#[get("/{id}")]
pub async fn handler(
    caller: Verified<scope::AllocationsRead>,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let allocation = show(&desk, &caller, id.0, query.0.goal()?).await?;
    Ok(prefer::answer(StatusCode::OK, None, &allocation, &desk.public_host))
}
