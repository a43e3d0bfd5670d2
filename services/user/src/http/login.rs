//! Opens a session for who knows the password.

use actix_web::http::header::{CACHE_CONTROL, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, post, web};
use kit::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems};

use super::views::TokensView;
use crate::domain::Password;
use crate::use_cases::App;
use crate::use_cases::login::{Login, login};

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

/// Log in.
#[utoipa::path(operation_id = "user_login", tag = "user", request_body = LoginBody,
    responses((status = 200, description = "Tokens of a new session", body = TokensView), Problems))]
#[post("/login")]
pub async fn handler(
    from: CredentialsFrom,
    request: HttpRequest,
    app: web::Data<App>,
    body: Json<LoginBody>,
) -> Result<HttpResponse, Problem> {
    let tokens = login(&app, wish(&body.0, from, agent(&request))?).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(TokensView::from(tokens)))
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
    async fn an_unknown_address_and_a_wrong_password_get_the_same_answer() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let wrong = json!({"email": address("ada"), "password": "wrong horse!"});
        let unknown = json!({"email": address("nobody"), "password": PASSWORD});
        let (wrong, unknown) = (server.post("/user/login", wrong).await, server.post("/user/login", unknown).await);
        assert!(wrong.problem() == (401, "invalid_credentials") && wrong.body == unknown.body);
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
