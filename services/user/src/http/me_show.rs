//! Shows a user their own account.

use actix_web::{HttpResponse, get, web};
use wire::{Authenticated, Problem, Problems, scope};

use super::views::UserView;
use crate::use_cases::App;
use crate::use_cases::user_find::me;

/// Show the own account.
#[utoipa::path(operation_id = "user_me_show", tag = "user", security(("bearer" = []), ("api_key" = ["profile:read"])),
    responses((status = 200, description = "The account", body = UserView), Problems))]
#[get("/me")]
pub async fn handler(caller: Authenticated<scope::ProfileRead>, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(me(&app, &caller).await?)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Server;

    #[actix_web::test]
    async fn an_unverified_user_sees_their_account() {
        let server = Server::start().await;
        let made = server.sign_up("ada").await;
        let token = server.token("ada").await;
        assert_eq!(server.get("/user/me", &token).await.body, made.body);
    }

    #[actix_web::test]
    async fn only_the_own_tenant_may_be_named() {
        let server = Server::start().await;
        let user = server.sign_up("ada").await.text("id");
        let token = server.token("ada").await;
        let tenant = server.user_events().await.pop().unwrap().1.user.unwrap().tenant_id;
        let of = |tenant: String| {
            let (server, token) = (&server, &token);
            async move { server.call_as("GET", "/user/me", Some(token), Some(&tenant), None).await }
        };
        assert_eq!(of(tenant).await.status, 200);
        // A user's id is not their tenant's.
        assert_eq!(of(user).await.problem(), (403, "forbidden"));
    }
}
