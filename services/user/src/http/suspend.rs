//! Closes an account until an admin opens it again.

use actix_web::{HttpResponse, post, web};
use kit::UserId;
use wire::{Admin, PathId, Problem, Problems, scope};

use super::views::UserView;
use crate::use_cases::App;
use crate::use_cases::suspension::suspend;

/// Suspend an account.
#[utoipa::path(operation_id = "user_suspend", tag = "user",
    security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, format = Uuid, description = "The user")),
    responses((status = 200, description = "The account, closed now; its containers are being stopped", body = UserView), Problems))]
#[post("/{id}/suspension")]
pub async fn handler(
    caller: Admin<scope::AdminWrite>,
    id: PathId<UserId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(suspend(&app, &caller, id.0).await?)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::domain::Wish;
    use crate::testing::{Server, address};

    #[actix_web::test]
    async fn a_suspended_account_is_closed_and_its_things_stand_still() {
        let server = Server::start().await;
        let (ada, bob) = (server.verified("ada").await, server.verified("bob").await);
        let (admin, tokens) = (server.token("ada").await, server.log_in("bob").await);
        let path = format!("/user/{bob}/suspension");
        for _ in 0..2 {
            let suspended = server.call("POST", &path, Some(&admin), None).await;
            assert_eq!((suspended.status, &suspended.body["suspended"]), (200, &json!(true)));
        }
        assert_eq!(server.get("/user/me", &tokens.text("access_token")).await.problem(), (401, "session_closed"));
        let refresh = json!({"refresh_token": tokens.text("refresh_token")});
        assert_eq!(server.post("/user/refresh", refresh).await.problem(), (401, "refresh_token_invalid"));
        assert_eq!(server.log_in("bob").await.problem(), (403, "account_suspended"));
        let guess = server.post("/user/login", json!({"email": address("bob"), "password": "wrong horse!"})).await;
        assert_eq!(guess.problem(), (401, "invalid_credentials"));
        assert_eq!(server.closures().await, [(None, "suspended".to_owned())]);
        let (kind, event) = server.user_events().await.pop().unwrap();
        assert!(kind == "user.suspended" && event.user.unwrap().suspended);
        let act = server.last_act("user.suspend").await;
        assert!(act.actor == ada && act.as_admin && act.subject_id == bob && act.tenant_id.is_some());
        server.clock.advance(Duration::from_secs(10));
        server.settle().await;
        let asked = server.peers.asked();
        assert_eq!((asked.len(), asked[0].wish, asked[0].user.to_string()), (1, Wish::Stopped, bob));
        server.settle().await;
        assert_eq!(server.peers.asked().len(), 1, "what stands still is asked for no more");
    }

    #[actix_web::test]
    async fn nobody_suspends_themselves_and_only_admins_suspend() {
        let server = Server::start().await;
        let (ada, _) = (server.verified("ada").await, server.verified("bob").await);
        let (admin, bob) = (server.token("ada").await, server.token("bob").await);
        let path = format!("/user/{ada}/suspension");
        assert_eq!(server.call("POST", &path, Some(&admin), None).await.problem(), (409, "own_account"));
        assert_eq!(server.call("POST", &path, Some(&bob), None).await.problem(), (403, "forbidden"));
        let nobody = "/user/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a/suspension";
        assert_eq!(server.call("POST", nobody, Some(&admin), None).await.problem(), (404, "user_not_found"));
        assert_eq!(server.call("POST", "/user/x/suspension", Some(&admin), None).await.status, 400);
    }
}
