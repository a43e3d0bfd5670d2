//! Lists a machine's comments, for anybody.

use actix_web::{HttpResponse, get, web};
use kit::PageRequest;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Anyone, Problem, Problems, Query};

use crate::http::paths::OfMachine;
use crate::http::views::CommentList;
use crate::use_cases::{App, comment_list};

/// Which piece of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// 1 to 200; 50 where absent.
    limit: Option<u32>,
    /// `next_cursor` of the piece before.
    cursor: Option<String>,
}

#[utoipa::path(operation_id = "comment_list", tag = "feed", security((), ("bearer" = []), ("api_key" = [])),
    params(("machine_id" = String, Path, description = "The machine's id", format = Uuid), ListQuery),
    responses((status = 200, body = CommentList, description = "A piece of what was said, newest first"), Problems))]
#[get("/{machine_id}/comments")]
pub async fn handler(
    _caller: Anyone,
    machine: OfMachine,
    app: web::Data<App>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let page = PageRequest::parse(query.0.limit, query.0.cursor.as_deref())?;
    let comments = comment_list(&app, machine.0, &page).await?;
    Ok(HttpResponse::Ok().json(CommentList::from(comments)))
}
