//! Changes an own comment's text.

use actix_web::{HttpResponse, patch, web};
use wire::{Json, Problem, Problems, Verified, scope};

use crate::domain::CommentText;
use crate::http::paths::OneComment;
use crate::http::views::{CommentBody, CommentView};
use crate::use_cases::{App, comment_edit};

#[utoipa::path(operation_id = "comment_edit", tag = "feed", request_body = CommentBody,
    security(("bearer" = []), ("api_key" = ["feed:write"])),
    params(("machine_id" = String, Path, description = "The machine's id", format = Uuid),
        ("id" = String, Path, description = "The comment's id", format = Uuid)),
    responses((status = 200, body = CommentView, description = "The comment with its new text"), Problems))]
#[patch("/{machine_id}/comments/{id}")]
pub async fn handler(
    caller: Verified<scope::FeedWrite>,
    comment: OneComment,
    app: web::Data<App>,
    body: Json<CommentBody>,
) -> Result<HttpResponse, Problem> {
    let text = CommentText::parse(&body.0.text)?;
    let comment = comment_edit(&app, &caller, comment.machine, comment.id, text).await?;
    Ok(HttpResponse::Ok().json(CommentView::from(comment)))
}
