//! Closes one of a user's own sessions.

use actix_web::{HttpResponse, delete, web};
use kit::SessionId;
use wire::{PathId, Problem, Problems, Verified};

use crate::use_cases::App;
use crate::use_cases::session_close::session_close;

/// Close a session.
#[utoipa::path(operation_id = "user_session_delete", tag = "user", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The session")),
    responses((status = 204, description = "The session is closed, with its tokens and sockets"), Problems))]
#[delete("/sessions/{id}")]
pub async fn handler(caller: Verified, id: PathId<SessionId>, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    session_close(&app, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use crate::testing::Server;

    async fn first_session(server: &Server, token: &str) -> String {
        let listed = server.get("/user/sessions", token).await;
        let other = listed.body["items"].as_array().unwrap().iter().find(|item| item["current"] == false);
        format!("/user/sessions/{}", other.unwrap()["id"].as_str().unwrap())
    }

    #[actix_web::test]
    async fn a_user_closes_another_session_of_theirs() {
        let server = Server::start().await;
        server.verified("ada").await;
        let (lost, here) = (server.token("ada").await, server.token("ada").await);
        let path = first_session(&server, &here).await;
        assert_eq!(server.call("DELETE", &path, Some(&here), None).await.status, 204);
        assert_eq!(server.get("/user/me", &lost).await.problem(), (401, "session_closed"));
        let closed = server.closures().await.pop().unwrap();
        assert_eq!((closed.1.as_str(), path.ends_with(&closed.0.unwrap())), ("revoked", true));
        assert!(path.ends_with(&server.last_act("user.session_close").await.subject_id));
        assert_eq!(server.call("DELETE", &path, Some(&here), None).await.problem(), (404, "session_not_found"));
    }

    #[actix_web::test]
    async fn a_strangers_session_is_not_found() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.verified("bob").await;
        let (ada, here, bob) = (server.token("ada").await, server.token("ada").await, server.token("bob").await);
        let path = first_session(&server, &here).await;
        assert_eq!(server.call("DELETE", &path, Some(&bob), None).await.problem(), (404, "session_not_found"));
        assert_eq!(server.get("/user/me", &ada).await.status, 200);
        assert_eq!(server.call("DELETE", "/user/sessions/x", Some(&bob), None).await.status, 400);
    }
}
