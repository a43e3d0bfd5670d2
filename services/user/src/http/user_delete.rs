//! Deletes somebody's account, with everything it owns.

use actix_web::{HttpResponse, delete, web};
use kit::UserId;
use wire::{Admin, PathId, Problem, Problems, scope};

use crate::use_cases::App;
use crate::use_cases::user_delete::user_delete;

/// Delete an account.
#[utoipa::path(operation_id = "user_delete", tag = "user",
    security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, format = Uuid, description = "The user")),
    responses((status = 202, description = "The account is closed; its allocations are being removed, then the account"), Problems))]
#[delete("/{id}")]
pub async fn handler(
    caller: Admin<scope::AdminWrite>,
    id: PathId<UserId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    user_delete(&app, &caller, id.0).await?;
    Ok(HttpResponse::Accepted().finish())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::testing::Server;

    #[actix_web::test]
    async fn an_admin_deletes_others_and_nobody_else_does() {
        let server = Server::start().await;
        let (ada, bob) = (server.verified("ada").await, server.verified("bob").await);
        let (ada_token, bob_token) = (server.token("ada").await, server.token("bob").await);
        let (of_ada, of_bob) = (format!("/user/{ada}"), format!("/user/{bob}"));
        assert_eq!(server.call("DELETE", &of_ada, Some(&bob_token), None).await.problem(), (403, "forbidden"));
        assert_eq!(server.call("DELETE", &of_ada, Some(&ada_token), None).await.problem(), (409, "own_account"));
        for _ in 0..2 {
            assert_eq!(server.call("DELETE", &of_bob, Some(&ada_token), None).await.status, 202);
        }
        assert_eq!(server.get("/user/me", &bob_token).await.problem(), (401, "session_closed"));
        let act = server.last_act("user.delete").await;
        assert_eq!((act.actor.as_str(), act.as_admin, act.subject_id), (ada.as_str(), true, bob));
        server.clock.advance(Duration::from_secs(10));
        server.settle().await;
        assert_eq!(server.call("DELETE", &of_bob, Some(&ada_token), None).await.problem(), (404, "user_not_found"));
        assert_eq!(server.call("DELETE", "/user/x", Some(&ada_token), None).await.status, 400);
    }
}
