//! Exchanges a refresh token for the next pair.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, post, web};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems};

use super::views::TokensView;
use crate::use_cases::App;
use crate::use_cases::refresh::refresh;

/// The token to exchange.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
pub struct RefreshBody {
    #[schema(value_type = String)]
    refresh_token: SecretString,
}

/// Renew the tokens.
#[utoipa::path(operation_id = "user_refresh", tag = "user", request_body = RefreshBody,
    responses((status = 200, description = "New tokens; the old refresh token is void", body = TokensView), Problems))]
#[post("/refresh")]
pub async fn handler(
    _: CredentialsFrom,
    app: web::Data<App>,
    body: Json<RefreshBody>,
) -> Result<HttpResponse, Problem> {
    let tokens = refresh(&app, body.0.refresh_token.expose_secret()).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(TokensView::from(tokens)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Answer, Server};

    async fn refresh(server: &Server, token: &str) -> Answer {
        server.post("/user/refresh", json!({"refresh_token": token})).await
    }

    #[actix_web::test]
    async fn a_refresh_gives_tokens_of_the_same_session() {
        let server = Server::start().await;
        server.verified("ada").await;
        let first = server.log_in("ada").await;
        let second = refresh(&server, &first.text("refresh_token")).await;
        assert_eq!(second.status, 200);
        assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
        let sessions = server.get("/user/sessions", &second.text("access_token")).await;
        assert_eq!(sessions.body["items"].as_array().unwrap().len(), 1);
        assert_eq!(sessions.body["items"][0]["current"], json!(true));
    }

    #[actix_web::test]
    async fn a_token_used_twice_closes_the_session_for_thief_and_owner() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let first = server.log_in("ada").await.text("refresh_token");
        let second = refresh(&server, &first).await;
        assert_eq!(refresh(&server, &first).await.problem(), (401, "refresh_token_invalid"));
        assert_eq!(refresh(&server, &second.text("refresh_token")).await.problem(), (401, "refresh_token_invalid"));
        assert_eq!(server.get("/user/me", &second.text("access_token")).await.problem(), (401, "session_closed"));
    }

    #[actix_web::test]
    async fn what_was_never_a_token_is_refused_alike() {
        let server = Server::start().await;
        assert_eq!(refresh(&server, "nothing").await.problem(), (401, "refresh_token_invalid"));
    }
}
