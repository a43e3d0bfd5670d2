//! Exchanges a refresh token for the next pair: a program's from the body, a browser's from its cookie.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, HttpResponse, post, web};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::RenewalFrom;
use wire::{Json, Problem, Problems};

use super::cookie;
use super::login::answer;
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

/// A refresh token, and how it came: the next one goes the same way.
pub struct Presented {
    token: SecretString,
    in_cookie: bool,
}

impl FromRequest for Presented {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    /// The cookie counts only where there is no body.
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bodiless = !request.headers().contains_key(CONTENT_TYPE);
        let cookie = if bodiless { cookie::presented(request) } else { Ok(None) };
        let body = Json::<RefreshBody>::from_request(request, payload);
        Box::pin(async move {
            match cookie? {
                Some(token) => Ok(Self { token, in_cookie: true }),
                None => Ok(Self { token: body.await?.0.refresh_token, in_cookie: false }),
            }
        })
    }
}

/// Renew the tokens.
#[utoipa::path(operation_id = "user_refresh", tag = "user", request_body = Option<RefreshBody>,
    params(
        ("berth_refresh" = Option<String>, Cookie, description = "A browser's refresh token, in place of the body"),
        ("X-Berth-Console" = Option<String>, Header, description = "`1`, where the token is in the cookie; with our own Origin"),
    ),
    responses((status = 200, description = "New tokens; the old refresh token is void", body = TokensView,
        headers(("Set-Cookie" = Option<String>, description = "The next refresh token, where the last was in a cookie"))),
        Problems))]
#[post("/refresh")]
pub async fn handler(_: RenewalFrom, app: web::Data<App>, presented: Presented) -> Result<HttpResponse, Problem> {
    let tokens = refresh(&app, presented.token.expose_secret()).await?;
    Ok(answer(&app, tokens, presented.in_cookie))
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
        assert_eq!(server.closures().await.len(), 1);
        let act = server.last_act("user.refresh_reuse").await;
        assert!(act.actor.is_empty() && act.tenant_id.is_some());
        assert_eq!(Some(act.subject_id), server.closures().await[0].0);
    }

    /// The cookie of an answer, as a browser sends it back.
    fn cookie(answer: &Answer) -> String {
        let kept = answer.header("set-cookie").expect("a cookie was set");
        kept.split(';').next().unwrap().to_owned()
    }

    /// A refresh as a browser sends it, with one header left out.
    async fn from_browser(server: &Server, cookie: &str, without: &str) -> Answer {
        let all = [
            ("cookie", cookie),
            ("host", "berth.example"),
            ("origin", "https://berth.example"),
            ("x-berth-console", "1"),
        ];
        let headers: Vec<_> = all.into_iter().filter(|(name, _)| *name != without).collect();
        server.request("POST", "/user/refresh", &headers, None).await
    }

    #[actix_web::test]
    async fn a_browser_renews_with_its_cookie_and_gets_the_next() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let login = json!({"email": crate::testing::address("ada"), "password": crate::testing::PASSWORD});
        let first = cookie(&server.post("/user/login?cookie=true", login).await);
        for missing in ["origin", "x-berth-console", "host"] {
            assert_eq!(from_browser(&server, &first, missing).await.problem(), (403, "forbidden"), "{missing}");
        }
        let renewed = from_browser(&server, &first, "").await;
        assert!(renewed.status == 200 && renewed.body["refresh_token"].is_null());
        let second = cookie(&renewed);
        assert_ne!(first, second);
        assert_eq!(server.get("/user/me", &renewed.text("access_token")).await.status, 200);
        assert_eq!(from_browser(&server, &first, "").await.problem(), (401, "refresh_token_invalid"));
        assert_eq!(from_browser(&server, &second, "").await.problem(), (401, "refresh_token_invalid"));
    }

    #[actix_web::test]
    async fn no_other_call_takes_the_cookie_and_no_token_is_no_renewal() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let login = json!({"email": crate::testing::address("ada"), "password": crate::testing::PASSWORD});
        let cookie = cookie(&server.post("/user/login?cookie=true", login).await);
        let me = server.request("GET", "/user/me", &[("cookie", cookie.as_str())], None).await;
        assert_eq!(me.problem(), (401, "unauthenticated"));
        assert_eq!(from_browser(&server, "", "cookie").await.status, 415);
        let empty = server.post("/user/refresh", json!({})).await;
        assert_eq!((empty.status, empty.text("field").as_str()), (400, "refresh_token"));
    }

    #[actix_web::test]
    async fn what_was_never_a_token_is_refused_alike() {
        let server = Server::start().await;
        assert_eq!(refresh(&server, "nothing").await.problem(), (401, "refresh_token_invalid"));
    }
}
