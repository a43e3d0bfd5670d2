//! The ledger: every state with its time and cause, newest first.

use actix_web::{HttpResponse, get, web};
use kit::AllocationId;
use wire::{PathId, Problem, Problems, Verified};

use super::views::{EventView, EventsView};
use crate::use_cases::Desk;
use crate::use_cases::events::events;

/// List an allocation's events
#[utoipa::path(operation_id = "allocation_events", tag = "allocations", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid)), responses((status = 200, body = EventsView), Problems))]
#[get("/{id}/events")]
pub async fn handler(
    caller: Verified,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let entries = events(&desk, &caller, id.0).await?;
    Ok(HttpResponse::Ok()
        .json(EventsView { items: entries.into_iter().map(EventView::from).collect(), next_cursor: None }))
}
