//! Opens a session for who knows the password.

use actix_web::http::header::{CACHE_CONTROL, SET_COOKIE, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, post, web};
use kit::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems, Query};

use super::cookie;
use super::views::TokensView;
use crate::domain::Password;
use crate::use_cases::login::{Login, login};
use crate::use_cases::{App, Tokens};

/// Who logs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login)]
pub struct LoginBody {
    #[schema(max_length = 254, example = "ada@example.org")]
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// For second factors, which no account has yet: leave it out.
    #[schema(value_type = Option<String>)]
    totp: Option<SecretString>,
}

/// Where the refresh token goes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoginQuery {
    /// For browsers: the refresh token goes into a cookie that scripts cannot read, and is not in the answer.
    #[serde(default)]
    cookie: bool,
}

/// Log in.
#[utoipa::path(operation_id = "user_login", tag = "user", params(LoginQuery), request_body = LoginBody,
    responses((status = 200, description = "Tokens of a new session", body = TokensView,
        headers(("Set-Cookie" = Option<String>, description = "The refresh token, where `cookie` asks for it"))), Problems))]
#[post("/login")]
pub async fn handler(
    from: CredentialsFrom,
    request: HttpRequest,
    app: web::Data<App>,
    query: Query<LoginQuery>,
    body: Json<LoginBody>,
) -> Result<HttpResponse, Problem> {
    let tokens = login(&app, wish(&body.0, from, agent(&request))?).await?;
    Ok(answer(&app, tokens, query.0.cookie))
}

/// Tokens as a program takes them, or as a browser keeps them.
pub fn answer(app: &App, tokens: Tokens, in_cookie: bool) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    if !in_cookie {
        return response.json(TokensView::from(tokens));
    }
    let (refresh_token, view) = TokensView::apart(tokens);
    let kept = cookie::keep(&refresh_token, app.config.refresh_token_life.get(), app.secure_cookies);
    response.insert_header((SET_COOKIE, kept)).json(view)
}

fn wish(body: &LoginBody, from: CredentialsFrom, agent: String) -> Result<Login, Failure> {
    if body.totp.is_some() {
        // Taking it in silence would let somebody believe that the account has a second factor.
        return Err(Failure::invalid("totp", "This account has no second factor; leave `totp` out."));
    }
    let password = Password::given(body.password.expose_secret());
    Ok(Login { email: body.email.parse()?, password, from: from.0, agent })
}

/// What the client calls itself, cut to what a list can show.
fn agent(request: &HttpRequest) -> String {
    let text = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    text.chars().take(256).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::fakes::SlowSessions;
    use crate::testing::{PASSWORD, Server, address};

    #[actix_web::test]
    async fn a_login_gives_tokens_that_work_for_fifteen_minutes() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let tokens = server.log_in("ada").await;
        assert_eq!((tokens.status, tokens.text("token_type").as_str()), (200, "Bearer"));
        assert_eq!(tokens.body["expires_in"], json!(900));
        let token = tokens.text("access_token");
        server.clock.advance(Duration::from_secs(899));
        assert_eq!(server.get("/user/me", &token).await.status, 200);
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(server.get("/user/me", &token).await.problem(), (401, "token_expired"));
    }

    #[actix_web::test]
    async fn tokens_are_as_old_as_the_look_at_the_account() {
        let slow = SlowSessions::default();
        let server = Server::with(|deps| deps.sessions = slow.around(&deps.sessions)).await;
        server.sign_up("ada").await;
        slow.takes(Duration::from_secs(60), &server.clock);
        let tokens = server.log_in("ada").await;
        server.clock.advance(Duration::from_secs(839));
        assert_eq!(server.get("/user/me", &tokens.text("access_token")).await.status, 200);
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(server.get("/user/me", &tokens.text("access_token")).await.problem(), (401, "token_expired"));
        let refresh = json!({"refresh_token": tokens.text("refresh_token")});
        let token = server.post("/user/refresh", refresh).await.text("access_token");
        server.clock.advance(Duration::from_secs(840));
        assert_eq!(server.get("/user/me", &token).await.problem(), (401, "token_expired"));
    }

    #[actix_web::test]
    async fn an_unknown_address_and_a_wrong_password_get_the_same_answer() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let wrong = json!({"email": address("ada"), "password": "wrong horse!"});
        let unknown = json!({"email": address("nobody"), "password": PASSWORD});
        let (wrong, unknown) = (server.post("/user/login", wrong).await, server.post("/user/login", unknown).await);
        assert!(wrong.problem() == (401, "invalid_credentials") && wrong.body == unknown.body);
    }

    async fn log_in_from(server: &Server, agent: &str) {
        let body = json!({"email": address("ada"), "password": PASSWORD});
        let answer = server.request("POST", "/user/login", &[("user-agent", agent)], Some(body)).await;
        assert_eq!(answer.status, 200);
    }

    #[actix_web::test]
    async fn a_login_from_elsewhere_is_told_and_the_first_is_not() {
        let server = Server::start().await;
        server.verified("ada").await;
        for agent in ["phone/1", "phone/1", "laptop/1", "phone/1", "laptop/1"] {
            log_in_from(&server, agent).await;
        }
        let notices: Vec<_> = server.mails().await.into_iter().filter(|mail| mail.kind == "new_login").collect();
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].recipient, address("ada"));
        assert_eq!(
            (notices[0].details["address"].as_str(), notices[0].details["agent"].as_str()),
            ("192.0.2.1", "laptop/1")
        );
    }

    #[actix_web::test]
    async fn an_address_that_nobody_proved_is_mailed_no_notice() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        for agent in ["phone/1", "laptop/1"] {
            log_in_from(&server, agent).await;
        }
        assert_eq!(server.mails().await.len(), 1);
    }

    #[actix_web::test]
    async fn logins_are_recorded_and_wrong_passwords_of_known_accounts_too() {
        let server = Server::start().await;
        let id = server.sign_up("ada").await.text("id");
        server.log_in("ada").await;
        let right = server.last_act("user.login").await;
        assert_eq!((right.actor.as_str(), right.details["agent"].as_str()), (id.as_str(), "test/1"));
        server.post("/user/login", json!({"email": address("nobody"), "password": PASSWORD})).await;
        server.post("/user/login", json!({"email": address("ada"), "password": "wrong horse!"})).await;
        let failed = |acts: &Vec<proto::v1::AuditRecorded>| acts.last().unwrap().action == "user.login_failed";
        let acts = testkit::until(|| server.acts(), failed).await;
        let wrong = acts.last().unwrap();
        assert!(wrong.actor.is_empty() && wrong.tenant_id == right.tenant_id && wrong.subject_id == id);
        assert_eq!(acts.iter().filter(|act| act.action == "user.login_failed").count(), 1);
    }

    #[actix_web::test]
    async fn a_browsers_refresh_token_goes_into_a_cookie_only() {
        let body = json!({"email": address("ada"), "password": PASSWORD});
        for secure in [true, false] {
            let server = Server::with(|deps| deps.secure_cookies = secure).await;
            server.sign_up("ada").await;
            let answer = server.post("/user/login?cookie=true", body.clone()).await;
            assert!(answer.status == 200 && answer.body["refresh_token"].is_null());
            let cookie = answer.header("set-cookie").unwrap();
            for attribute in ["berth_refresh=", "Path=/user/refresh", "HttpOnly", "SameSite=Strict", "Max-Age=2592000"]
            {
                assert!(cookie.contains(attribute), "{cookie}");
            }
            assert_eq!(cookie.contains("Secure"), secure);
            assert_eq!(server.post("/user/login", body.clone()).await.header("set-cookie"), None);
            let odd = server.post("/user/login?cookie=perhaps", body.clone()).await;
            assert_eq!((odd.status, odd.text("field").as_str()), (400, "cookie"));
        }
    }

    #[actix_web::test]
    async fn a_second_factor_is_refused_rather_than_ignored() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let body = json!({"email": address("ada"), "password": PASSWORD, "totp": "123456"});
        let refused = server.post("/user/login", body).await;
        assert_eq!((refused.status, refused.text("field").as_str()), (400, "totp"));
    }

    #[actix_web::test]
    async fn a_token_for_another_signature_or_of_none_is_refused() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let token = server.token("ada").await;
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        for forged in [format!("{unsigned}."), unsigned.to_owned(), format!("{unsigned}.AAAA"), "x".to_owned()] {
            assert_eq!(server.get("/user/me", &forged).await.problem(), (401, "unauthenticated"), "{forged}");
        }
        let none = server.call("GET", "/user/me", None, None).await;
        assert_eq!(none.problem(), (401, "unauthenticated"));
    }
}
