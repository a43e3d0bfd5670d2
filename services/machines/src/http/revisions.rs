//! Lists what a machine was, and who changed it, for admins. A deleted machine still has its history.

use actix_web::{HttpResponse, get, web};
use kit::{MachineId, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Admin, PathId, Problem, Problems, Query, scope};

use super::views::RevisionList;
use crate::use_cases::{App, history};

/// Which piece of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RevisionsQuery {
    /// 1 to 200; 50 where absent.
    limit: Option<u32>,
    /// `next_cursor` of the piece before.
    cursor: Option<String>,
}

#[utoipa::path(operation_id = "machine_revisions", tag = "machines",
    security(("bearer" = []), ("api_key" = ["admin:read"])),
    params(("id" = String, Path, description = "The machine's id", format = Uuid), RevisionsQuery),
    responses((status = 200, body = RevisionList, description = "A piece of its history, the newest first"), Problems))]
#[get("/{id}/revisions")]
pub async fn handler(
    _admin: Admin<scope::AdminRead>,
    id: PathId<MachineId>,
    app: web::Data<App>,
    query: Query<RevisionsQuery>,
) -> Result<HttpResponse, Problem> {
    let page = PageRequest::parse(query.0.limit, query.0.cursor.as_deref())?;
    let revisions = history(&app, id.0, &page).await?;
    Ok(HttpResponse::Ok().json(RevisionList::from(revisions)))
}
