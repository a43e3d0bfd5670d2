//! The ledger: every state with its time and cause, newest first.

use actix_web::{HttpResponse, get, web};
use kit::{AllocationId, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PathId, Problem, Problems, Query, Verified, scope};

use super::views::{EventView, EventsView};
use crate::use_cases::Desk;
use crate::use_cases::events::events;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// 1 to 200, default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the piece before.
    cursor: Option<String>,
}

/// List an allocation's events
///
/// One for each state that it was in. Another name is no state.
#[utoipa::path(operation_id = "allocation_events", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:read"])),
    params(("id" = String, Path, format = Uuid), Parameters), responses((status = 200, body = EventsView), Problems))]
#[get("/{id}/events")]
pub async fn handler(
    caller: Verified<scope::AllocationsRead>,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let page = PageRequest::parse(query.0.limit, query.0.cursor.as_deref())?;
    let found = events(&desk, &caller, id.0, &page).await?.map(EventView::from);
    Ok(HttpResponse::Ok()
        .json(EventsView { items: found.items, next_cursor: found.next.map(|cursor| cursor.encode()) }))
}
