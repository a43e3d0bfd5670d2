//! Shows an admin any account.

use actix_web::{HttpResponse, get, web};
use kit::UserId;
use wire::{Admin, PathId, Problem, Problems, scope};

use super::views::UserView;
use crate::use_cases::App;
use crate::use_cases::user_find::user_find;

/// Show an account.
#[utoipa::path(operation_id = "user_show", tag = "user", security(("bearer" = []), ("api_key" = ["admin:read"])),
    params(("id" = String, Path, format = Uuid, description = "The user")),
    responses((status = 200, description = "The account", body = UserView), Problems))]
#[get("/{id}")]
pub async fn handler(
    _: Admin<scope::AdminRead>,
    id: PathId<UserId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(user_find(&app, id.0).await?)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Server;

    #[actix_web::test]
    async fn an_admin_sees_any_account_and_others_none() {
        let server = Server::start().await;
        let (ada, bob) = (server.verified("ada").await, server.verified("bob").await);
        let (ada_token, bob_token) = (server.token("ada").await, server.token("bob").await);
        let shown = server.get(&format!("/user/{bob}"), &ada_token).await;
        assert_eq!((shown.status, shown.text("email").as_str()), (200, "bob@example.org"));
        assert_eq!(server.get(&format!("/user/{ada}"), &bob_token).await.problem(), (403, "forbidden"));
        assert_eq!(server.get(&format!("/user/{bob}"), &bob_token).await.problem(), (403, "forbidden"));
        let nobody = "/user/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a";
        assert_eq!(server.get(nobody, &ada_token).await.problem(), (404, "user_not_found"));
    }

    #[actix_web::test]
    async fn an_unverified_admin_is_no_admin_yet() {
        let server = Server::start().await;
        let ada = server.sign_up("ada").await.text("id");
        let token = server.token("ada").await;
        assert_eq!(server.get(&format!("/user/{ada}"), &token).await.problem(), (403, "user_not_verified"));
    }
}
