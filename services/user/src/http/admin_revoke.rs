//! Takes a user's admin rights. The last admin keeps them.

use actix_web::{HttpResponse, delete, web};
use kit::UserId;
use wire::{Admin, PathId, Problem, Problems, scope};

use super::views::UserView;
use crate::use_cases::App;
use crate::use_cases::admin_set::admin_set;

/// Take a user's admin rights.
#[utoipa::path(operation_id = "user_admin_revoke", tag = "user", security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, format = Uuid, description = "The user")),
    responses((status = 200, description = "The account, no admin any more", body = UserView), Problems))]
#[delete("/{id}/admin")]
pub async fn handler(
    caller: Admin<scope::AdminWrite>,
    id: PathId<UserId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(admin_set(&app, &caller, id.0, false).await?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[actix_web::test]
    async fn admins_make_admins_and_the_last_one_stays() {
        let server = Server::start().await;
        let (ada, bob) = (server.verified("ada").await, server.verified("bob").await);
        let (ada_token, bob_token) = (server.token("ada").await, server.token("bob").await);
        let (of_ada, of_bob) = (format!("/user/{ada}/admin"), format!("/user/{bob}/admin"));
        assert_eq!(server.call("POST", &of_bob, Some(&bob_token), None).await.problem(), (403, "forbidden"));
        assert_eq!(server.call("DELETE", &of_ada, Some(&ada_token), None).await.problem(), (409, "last_admin"));
        let made = server.call("POST", &of_bob, Some(&ada_token), None).await;
        assert_eq!((made.status, &made.body["admin"]), (200, &json!(true)));
        let unmade = server.call("DELETE", &of_ada, Some(&bob_token), None).await;
        assert_eq!((unmade.status, &unmade.body["admin"]), (200, &json!(false)));
        let (grant, revoke) = (server.last_act("user.admin_grant").await, server.last_act("user.admin_revoke").await);
        assert_eq!((grant.actor, grant.as_admin, grant.subject_id), (ada.clone(), true, bob.clone()));
        assert_eq!((revoke.actor, revoke.subject_id), (bob.clone(), ada));
        // What was open ended with the right; a new session is without it.
        assert_eq!(server.get(&format!("/user/{bob}"), &ada_token).await.problem(), (401, "session_closed"));
        let ada_token = server.token("ada").await;
        assert_eq!(server.get(&format!("/user/{bob}"), &ada_token).await.problem(), (403, "forbidden"));
    }
}
