//! The tenant's allocations, in pieces.

use actix_web::{HttpResponse, get, web};
use kit::{Failure, MachineId, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Problem, Problems, Query, Verified};

use super::views::{AllocationView, ListView};
use crate::domain::lifecycle::State;
use crate::ports::{Filter, SortBy};
use crate::use_cases::Desk;
use crate::use_cases::list::list;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// One of the states; removed ones are listed only with `removed`.
    state: Option<String>,
    #[param(value_type = Option<String>, format = Uuid)]
    machine_id: Option<MachineId>,
    name: Option<String>,
    /// `created_at`, or `-created_at` for the newest first (the default).
    sort: Option<String>,
    /// 1 to 200, default 50.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// List allocations
#[utoipa::path(operation_id = "allocation_list", tag = "allocations", security(("bearer" = [])), params(Parameters),
    responses((status = 200, body = ListView), Problems))]
#[get("")]
pub async fn handler(
    caller: Verified,
    desk: web::Data<Desk>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let page = PageRequest::parse(query.0.limit, query.0.cursor.as_deref())?;
    let found = list(&desk, &caller, &filter(query.0)?, &page).await?;
    let found = found.map(|allocation| AllocationView::new(&allocation, &desk.public_host));
    Ok(HttpResponse::Ok().json(ListView { items: found.items, next_cursor: found.next.map(|cursor| cursor.encode()) }))
}

fn filter(query: Parameters) -> Result<Filter, Failure> {
    let state = query.state.as_deref().map(|text| {
        State::parse(text).ok_or_else(|| Failure::invalid("state", format!("There is no state called {text}.")))
    });
    let sort = match query.sort.as_deref() {
        None | Some("-created_at") => SortBy::NewestFirst,
        Some("created_at") => SortBy::OldestFirst,
        Some(_) => return Err(Failure::invalid("sort", "Sort by created_at or -created_at.")),
    };
    Ok(Filter { state: state.transpose()?, machine: query.machine_id, name: query.name, sort })
}
