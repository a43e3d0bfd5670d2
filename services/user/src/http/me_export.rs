//! Gives a user all that the platform keeps of them, as one file.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, get, web};
use wire::{Problem, Problems, Verified};

use super::export_views::ExportView;
use crate::use_cases::App;
use crate::use_cases::export::export;

/// Export one's own data.
#[utoipa::path(operation_id = "user_me_export", tag = "user", security(("bearer" = [])),
    responses((status = 200, description = "All that is kept of the user, as an attachment", body = ExportView,
        headers(("Content-Disposition" = String, description = "attachment; filename=\"berth-export-<user id>.json\""))),
        Problems))]
#[get("/me/export")]
pub async fn handler(caller: Verified, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let exported = export(&app, &caller).await?;
    let name = format!("attachment; filename=\"berth-export-{}.json\"", caller.user);
    let view = ExportView::of(exported, caller.session);
    let mut answer = HttpResponse::Ok();
    Ok(answer.insert_header((CONTENT_DISPOSITION, name)).insert_header((CACHE_CONTROL, "no-store")).json(view))
}

#[cfg(test)]
mod tests {
    use crate::testing::{PASSWORD, Server, address};

    #[actix_web::test]
    async fn an_export_has_every_part_and_no_secret() {
        let server = Server::start().await;
        let ada = server.verified("ada").await;
        let (first, token) = (server.log_in("ada").await, server.token("ada").await);
        let wish = serde_json::json!({"name": "reader", "scopes": ["logs:read"]});
        let key = server.call("POST", "/user/api-keys", Some(&token), Some(wish)).await.text("key");
        server.collect_audit().await;
        let exported = server.get("/user/me/export", &token).await;
        assert_eq!((exported.status, exported.body["user"]["email"].as_str()), (200, Some(address("ada").as_str())));
        assert_eq!(
            exported.header("content-disposition"),
            Some(format!("attachment; filename=\"berth-export-{ada}.json\"").as_str())
        );
        assert_eq!(exported.body["sessions"].as_array().unwrap().len(), 2);
        assert_eq!(exported.body["api_keys"][0]["name"], "reader");
        let acts = exported.body["audit"].as_array().unwrap();
        assert!(acts.iter().any(|act| act["action"] == "user.api_key_create"), "{acts:?}");
        assert_eq!(exported.body["comments"][0]["id"], format!("by {ada}"));
        let tenant = server.user_events().await.pop().unwrap().1.user.unwrap().tenant_id;
        assert_eq!(exported.body["allocations"][0]["id"], format!("of {tenant}"));
        for part in ["exported_at", "likes", "notifications"] {
            assert!(!exported.body[part].is_null(), "{part}");
        }
        let text = exported.body.to_string();
        for secret in [PASSWORD, "argon2", token.as_str(), key.as_str(), first.text("refresh_token").as_str()] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    #[actix_web::test]
    async fn half_an_export_is_none() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        server.peers.lose_feed();
        assert_eq!(server.get("/user/me/export", &token).await.problem(), (503, "peer_unavailable"));
        assert_eq!(server.call("GET", "/user/me/export", None, None).await.problem(), (401, "unauthenticated"));
        server.sign_up("bob").await;
        let unverified = server.token("bob").await;
        assert_eq!(server.get("/user/me/export", &unverified).await.problem(), (403, "user_not_verified"));
    }
}
