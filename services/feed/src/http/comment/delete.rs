//! Removes an own comment; an admin removes anybody's.

use actix_web::{HttpResponse, delete, web};
use wire::{Problem, Problems, Verified, scope};

use crate::http::paths::OneComment;
use crate::use_cases::{App, comment_delete};

#[utoipa::path(operation_id = "comment_delete", tag = "feed",
    description = "An admin's API key needs the scope admin:write too where the comment is another's.",
    security(("bearer" = []), ("api_key" = ["feed:write"])),
    params(("machine_id" = String, Path, description = "The machine's id", format = Uuid),
        ("id" = String, Path, description = "The comment's id", format = Uuid)),
    responses((status = 204, description = "It is gone"), Problems))]
#[delete("/{machine_id}/comments/{id}")]
pub async fn handler(
    caller: Verified<scope::FeedWrite>,
    comment: OneComment,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    comment_delete(&app, &caller, comment.machine, comment.id).await?;
    Ok(HttpResponse::NoContent().finish())
}
