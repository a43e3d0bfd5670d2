//! Lists a user's API keys.

use actix_web::{HttpResponse, get, web};
use wire::{Problem, Problems, Verified};

use super::api_key_views::{ApiKeyListView, ApiKeyView};
use crate::use_cases::App;
use crate::use_cases::api_key_list::api_key_list;

/// List the own API keys.
#[utoipa::path(operation_id = "user_api_key_list", tag = "user", security(("bearer" = [])),
    responses((status = 200, description = "API keys, newest first", body = ApiKeyListView), Problems))]
#[get("/api-keys")]
pub async fn handler(caller: Verified, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let items = api_key_list(&app, &caller).await?.into_iter().map(ApiKeyView::from).collect();
    Ok(HttpResponse::Ok().json(ApiKeyListView { items, next_cursor: None }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::testing::Server;

    #[actix_web::test]
    async fn a_user_sees_their_own_keys_and_when_each_was_used() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.verified("bob").await;
        let (ada, bob) = (server.token("ada").await, server.token("bob").await);
        let mut keys = Vec::new();
        for name in ["first", "second"] {
            let wish = json!({"name": name, "scopes": ["profile:read"]});
            keys.push(server.call("POST", "/user/api-keys", Some(&ada), Some(wish)).await.text("key"));
            server.clock.advance(Duration::from_secs(1));
        }
        let used_at = server.clock.ambient().now();
        assert_eq!(server.get("/user/me/audit", &keys[0]).await.status, 200);
        server.clock.advance(Duration::from_secs(59));
        assert_eq!(server.get("/user/me/audit", &keys[0]).await.status, 200);
        let listed = server.get("/user/api-keys", &ada).await;
        let items = listed.body["items"].as_array().unwrap();
        assert_eq!((listed.status, items.len(), &listed.body["next_cursor"]), (200, 2, &json!(null)));
        assert_eq!((&items[0]["name"], &items[0]["last_used_at"]), (&json!("second"), &json!(null)));
        assert_eq!((&items[1]["name"], &items[1]["last_used_at"]), (&json!("first"), &json!(used_at)));
        server.clock.advance(Duration::from_secs(1));
        server.get("/user/me/audit", &keys[0]).await;
        let later = &server.get("/user/api-keys", &ada).await.body["items"][1];
        assert_eq!(later["last_used_at"], json!(server.clock.ambient().now()));
        assert_eq!(server.get("/user/api-keys", &bob).await.body["items"], json!([]));
    }
}
