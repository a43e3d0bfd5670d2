//! Makes an API key and shows it, this once. A login is needed: no key makes keys.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, post, web};
use kit::{Failure, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::{Json, Problem, Problems, Verified};

use super::api_key_views::NewApiKeyView;
use crate::domain::{KeyName, api_key};
use crate::use_cases::App;
use crate::use_cases::api_key_create::{Wish, api_key_create};

/// What the key shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyWish)]
pub struct ApiKeyCreateBody {
    /// Visible characters; another than those of the user's other keys.
    #[schema(min_length = 1, max_length = 63, example = "nightly build")]
    name: String,
    /// What it may do: at least one.
    #[schema(min_items = 1, example = json!(["allocations:read", "allocations:write"]))]
    scopes: Vec<String>,
    /// RFC 3339, at most 366 days from now. Without it the key lives until it is revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Create an API key.
#[utoipa::path(operation_id = "user_api_key_create", tag = "user", security(("bearer" = [])),
    request_body = ApiKeyCreateBody,
    responses((status = 201, description = "The key, shown this once", body = NewApiKeyView), Problems))]
#[post("/api-keys")]
pub async fn handler(
    caller: Verified,
    app: web::Data<App>,
    body: Json<ApiKeyCreateBody>,
) -> Result<HttpResponse, Problem> {
    let (key, text) = api_key_create(&app, &caller, wish(&body.0, app.ambient.now())?).await?;
    let view = NewApiKeyView::of(key, &text);
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(view))
}

fn wish(body: &ApiKeyCreateBody, now: Timestamp) -> Result<Wish, Failure> {
    Ok(Wish {
        name: KeyName::parse(&body.name)?,
        scopes: api_key::scopes(&body.scopes)?,
        expires_at: api_key::expiry(body.expires_at, now)?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kit::context::{RequestContext, with_request};
    use serde_json::{Value, json};

    use crate::testing::{Answer, Server};

    async fn create(server: &Server, token: &str, wish: Value) -> Answer {
        server.call("POST", "/user/api-keys", Some(token), Some(wish)).await
    }

    #[actix_web::test]
    async fn a_key_is_shown_once_and_opens_what_its_scopes_name() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let made = create(&server, &token, json!({"name": " ci ", "scopes": ["profile:read", "profile:read"]})).await;
        assert_eq!((made.status, made.header("cache-control")), (201, Some("no-store")));
        assert_eq!((&made.body["name"], &made.body["scopes"]), (&json!("ci"), &json!(["profile:read"])));
        assert_eq!((&made.body["expires_at"], &made.body["last_used_at"]), (&json!(null), &json!(null)));
        let key = made.text("key");
        assert!(key.starts_with("berth_") && key.ends_with(&made.text("hint")));
        assert_eq!(server.get("/user/me/audit", &key).await.status, 200);
        assert_eq!(server.get("/user/audit", &key).await.problem(), (403, "scope_missing"));
        assert_eq!(server.get("/user/api-keys", &key).await.problem(), (403, "scope_missing"));
        let more = json!({"name": "more", "scopes": ["admin:write"]});
        assert_eq!(create(&server, &key, more).await.problem(), (403, "scope_missing"));
        assert!(!server.get("/user/api-keys", &token).await.body.to_string().contains(&key));
    }

    #[actix_web::test]
    async fn its_user_gets_a_notice_and_the_list_an_act_and_neither_tells_the_key() {
        let server = Server::start().await;
        let ada = server.verified("ada").await;
        let token = server.token("ada").await;
        let expires_at = "2026-02-01T00:00:00.000000Z";
        let wish = json!({"name": "ci", "scopes": ["logs:read"], "expires_at": expires_at});
        let request = RequestContext { id: "r".to_owned(), address: "192.0.2.7".parse().ok() };
        let key = with_request(request, create(&server, &token, wish)).await;
        let notice = server.mails().await.pop().unwrap();
        assert_eq!((notice.kind.as_str(), notice.user_id.as_str()), ("api_key_created", ada.as_str()));
        assert_eq!((notice.recipient.as_str(), notice.first_name.as_str()), ("ada@example.org", "Ada"));
        assert_eq!((notice.details["name"].as_str(), notice.details["scopes"].as_str()), ("ci", "logs:read"));
        assert_eq!(
            (notice.details["expires_at"].as_str(), notice.details["address"].as_str()),
            (expires_at, "192.0.2.7")
        );
        assert_eq!(notice.expires_at - notice.at, 24 * 3600 * 1_000_000);
        assert!(notice.sealed_code.is_empty() && !format!("{notice:?}").contains(&key.text("key")));
        server.collect_audit().await;
        let acts = server.get("/user/me/audit?action=user.api_key_create", &token).await.body;
        assert_eq!(acts["items"][0]["subject"], json!({"kind": "api_key", "id": key.text("id")}));
        assert_eq!((&acts["items"][0]["address"], &acts["items"][0]["request_id"]), (&json!("192.0.2.7"), &json!("r")));
        assert_eq!(acts["items"][0]["details"]["name"], "ci");
        assert!(!acts.to_string().contains(&key.text("key")));
    }

    #[actix_web::test]
    async fn what_is_wrong_is_named_and_leaves_no_key() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let right = json!({"name": "ci", "scopes": ["logs:read"]});
        let table = [
            ("name", json!("")),
            ("name", json!("a\nb")),
            ("name", json!("x".repeat(64))),
            ("scopes", json!([])),
            ("scopes", json!(["logs:write"])),
            ("expires_at", json!("2025-12-31T00:00:00Z")),
            ("expires_at", json!("2027-01-03T00:00:00Z")),
            ("expires_at", json!("tomorrow")),
            ("key", json!("berth_mine")),
        ];
        for (field, value) in table {
            let mut wish = right.clone();
            wish[field] = value;
            let refused = create(&server, &token, wish).await;
            assert_eq!((refused.status, refused.text("field").as_str()), (400, field), "{refused:?}");
        }
        assert_eq!(server.get("/user/api-keys", &token).await.body["items"], json!([]));
        assert_eq!(create(&server, &token, right.clone()).await.status, 201);
        let again = create(&server, &token, right).await;
        assert_eq!((again.problem(), again.text("field").as_str()), ((409, "name_taken"), "name"));
    }

    #[actix_web::test]
    async fn who_is_not_verified_or_not_logged_in_makes_none() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let (token, wish) = (server.token("ada").await, json!({"name": "ci", "scopes": ["logs:read"]}));
        assert_eq!(create(&server, &token, wish.clone()).await.problem(), (403, "user_not_verified"));
        let nobody = server.call("POST", "/user/api-keys", None, Some(wish)).await;
        assert_eq!(nobody.problem(), (401, "unauthenticated"));
    }

    #[actix_web::test]
    async fn a_key_opens_nothing_while_its_user_may_not_call() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let key = create(&server, &token, json!({"name": "ci", "scopes": ["profile:read"]})).await.text("key");
        for (closed, open) in [
            ("UPDATE users SET suspended = 1", "UPDATE users SET suspended = 0"),
            ("UPDATE users SET deleting = 1", "UPDATE users SET deleting = 0"),
            ("UPDATE users SET verified = 0", "UPDATE users SET verified = 1"),
        ] {
            server.execute(closed).await;
            assert_eq!(server.get("/user/me/audit", &key).await.problem(), (401, "unauthenticated"), "{closed}");
            server.execute(open).await;
            assert_eq!(server.get("/user/me/audit", &key).await.status, 200, "{open}");
        }
    }

    #[actix_web::test]
    async fn a_key_ends_when_it_said_and_opens_no_other_tenant() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let wish = json!({"name": "ci", "scopes": ["profile:read"], "expires_at": "2026-01-01T01:00:00Z"});
        let made = create(&server, &token, wish).await;
        let (key, tenant) = (made.text("key"), made.text("tenant_id"));
        let of = async |tenant: &str| server.call_as("GET", "/user/me/audit", Some(&key), Some(tenant), None).await;
        assert_eq!(of(&tenant).await.status, 200);
        assert_eq!(of(&made.text("id")).await.problem(), (403, "forbidden"));
        server.clock.advance(Duration::from_secs(3600));
        assert_eq!(of(&tenant).await.problem(), (401, "unauthenticated"));
    }
}
