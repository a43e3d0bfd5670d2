//! Makes a user an admin.

use actix_web::{HttpResponse, post, web};
use kit::UserId;
use wire::{Admin, PathId, Problem, Problems, scope};

use super::views::UserView;
use crate::use_cases::App;
use crate::use_cases::admin_set::admin_set;

/// Make a user an admin.
#[utoipa::path(operation_id = "user_admin_grant", tag = "user", security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, format = Uuid, description = "The user")),
    responses((status = 200, description = "The account, an admin now", body = UserView), Problems))]
#[post("/{id}/admin")]
pub async fn handler(
    caller: Admin<scope::AdminWrite>,
    id: PathId<UserId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(admin_set(&app, &caller, id.0, true).await?)))
}
