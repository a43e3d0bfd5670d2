//! Revokes one of a user's own API keys.

use actix_web::{HttpResponse, delete, web};
use kit::ApiKeyId;
use wire::{PathId, Problem, Problems, Verified};

use crate::use_cases::App;
use crate::use_cases::api_key_revoke::api_key_revoke;

/// Revoke an API key.
#[utoipa::path(operation_id = "user_api_key_delete", tag = "user", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The API key")),
    responses((status = 204, description = "The key opens nothing any more; its sockets close"), Problems))]
#[delete("/api-keys/{id}")]
pub async fn handler(caller: Verified, id: PathId<ApiKeyId>, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    api_key_revoke(&app, &caller, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Answer, Server};

    async fn key(server: &Server, token: &str) -> Answer {
        let wish = json!({"name": "ci", "scopes": ["profile:read"]});
        server.call("POST", "/user/api-keys", Some(token), Some(wish)).await
    }

    #[actix_web::test]
    async fn a_revoked_key_opens_nothing_at_once_and_its_name_is_free() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let made = key(&server, &token).await;
        let (path, text) = (format!("/user/api-keys/{}", made.text("id")), made.text("key"));
        assert_eq!(server.get("/user/me/audit", &text).await.status, 200);
        assert_eq!(server.call("DELETE", &path, Some(&text), None).await.problem(), (403, "scope_missing"));
        assert_eq!(server.call("DELETE", &path, Some(&token), None).await.status, 204);
        assert_eq!(server.get("/user/me/audit", &text).await.problem(), (401, "unauthenticated"));
        assert_eq!(server.call("DELETE", &path, Some(&token), None).await.problem(), (404, "api_key_not_found"));
        assert_eq!(key(&server, &token).await.status, 201);
        server.collect_audit().await;
        let acts = server.get("/user/me/audit?action=user.api_key_revoke", &token).await.body;
        assert_eq!((acts["items"].as_array().unwrap().len(), &acts["items"][0]["details"]["name"]), (1, &json!("ci")));
    }

    #[actix_web::test]
    async fn a_strangers_key_is_not_found() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.verified("bob").await;
        let (ada, bob) = (server.token("ada").await, server.token("bob").await);
        let made = key(&server, &ada).await;
        let path = format!("/user/api-keys/{}", made.text("id"));
        assert_eq!(server.call("DELETE", &path, Some(&bob), None).await.problem(), (404, "api_key_not_found"));
        assert_eq!(server.get("/user/me/audit", &made.text("key")).await.status, 200);
        assert_eq!(server.call("DELETE", "/user/api-keys/x", Some(&bob), None).await.status, 400);
    }
}
