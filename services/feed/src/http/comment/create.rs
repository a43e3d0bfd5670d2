//! Says something about a machine.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, post, web};
use wire::{Json, Problem, Problems, Verified, scope};

use crate::domain::CommentText;
use crate::http::paths::OfMachine;
use crate::http::views::{CommentBody, CommentView};
use crate::use_cases::{App, comment_create};

#[utoipa::path(operation_id = "comment_create", tag = "feed", request_body = CommentBody,
    security(("bearer" = []), ("api_key" = ["feed:write"])),
    params(("machine_id" = String, Path, description = "The machine's id", format = Uuid)),
    responses((status = 201, body = CommentView, description = "The new comment"), Problems))]
#[post("/{machine_id}/comments")]
pub async fn handler(
    caller: Verified<scope::FeedWrite>,
    machine: OfMachine,
    app: web::Data<App>,
    body: Json<CommentBody>,
) -> Result<HttpResponse, Problem> {
    let text = CommentText::parse(&body.0.text)?;
    let comment = comment_create(&app, &caller, machine.0, text).await?;
    let location = format!("/feed/{}/comments/{}", comment.machine, comment.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(CommentView::from(comment)))
}
