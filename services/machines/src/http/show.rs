//! Shows one machine, as it is or as it was, for anybody.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, get, web};
use kit::MachineId;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PathId, Problem, Problems, Query};

use super::shown::Shown;
use super::views::{MachineView, tagged};
use crate::use_cases::{App, find, find_at};

/// Which of the machine's revisions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ShowQuery {
    /// The present one where absent.
    revision: Option<u64>,
}

#[utoipa::path(operation_id = "machine_show", tag = "machines",
    params(("id" = String, Path, description = "The machine's id", format = Uuid), ShowQuery),
    responses((status = 200, body = MachineView, description = "The machine; its revision is the ETag"), Problems))]
#[get("/{id}")]
pub async fn handler(
    request: HttpRequest,
    app: web::Data<App>,
    shown: web::Data<Shown>,
    id: PathId<MachineId>,
    query: Query<ShowQuery>,
) -> Result<HttpResponse, Problem> {
    let machine = match query.0.revision {
        None if !request.headers().contains_key(AUTHORIZATION) => return Ok(shown.answer(&app, id.0).await?),
        None => find(&app, id.0).await?,
        Some(revision) => find_at(&app, id.0, revision).await?,
    };
    Ok(tagged(&app, HttpResponse::Ok(), machine).await)
}
