//! How to connect: host, port, ready-made URIs and commands, and the secrets.

use actix_web::{HttpResponse, get, web};
use kit::AllocationId;
use wire::{PathId, Problem, Problems, Verified, scope};

use super::views::ConnectionView;
use crate::use_cases::Desk;
use crate::use_cases::connection::connection;

/// Show how to connect
///
/// For the owner only, recorded and never cached: the answer has the secrets in it.
#[utoipa::path(operation_id = "allocation_connection", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["connections:read"])),
    params(("id" = String, Path, format = Uuid)), responses((status = 200, body = ConnectionView), Problems))]
#[get("/{id}/connection")]
pub async fn handler(
    caller: Verified<scope::ConnectionsRead>,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let (allocation, connection) = connection(&desk, &caller, id.0).await?;
    let view = ConnectionView::new(connection, &allocation);
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view))
}
