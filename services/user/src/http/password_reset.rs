//! Sets a new password with a code of purpose `reset`.

use actix_web::{HttpResponse, post, web};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems};

use crate::domain::Password;
use crate::use_cases::App;
use crate::use_cases::password_reset::password_reset;

/// A code, the address that it was sent to, and the password to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordReset)]
pub struct PasswordResetBody {
    #[schema(max_length = 254, example = "ada@example.org")]
    email: String,
    /// Six digits.
    #[schema(value_type = String, example = "012345")]
    otp: SecretString,
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    new_password: SecretString,
}

/// Reset the password.
#[utoipa::path(operation_id = "user_password_reset", tag = "user", request_body = PasswordResetBody,
    responses((status = 204, description = "The password is set; every session is closed and every API key revoked"), Problems))]
#[post("/password-reset")]
pub async fn handler(
    from: CredentialsFrom,
    app: web::Data<App>,
    body: Json<PasswordResetBody>,
) -> Result<HttpResponse, Problem> {
    let PasswordResetBody { email, otp, new_password } = body.0;
    let password = Password::choose("new_password", new_password.expose_secret())?;
    password_reset(&app, email.parse()?, otp.expose_secret(), password, from.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::testing::{PASSWORD, Server, address};

    #[actix_web::test]
    async fn a_reset_changes_the_password_and_ends_every_session() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let old = server.token("ada").await;
        server.clock.advance(Duration::from_secs(61));
        server.post("/user/otp", json!({"email": address("ada"), "purpose": "reset"})).await;
        let reset = json!({"email": address("ada"), "otp": server.code().await, "new_password": "battery staple"});
        assert_eq!(server.post("/user/password-reset", reset.clone()).await.status, 204);
        assert_eq!(server.get("/user/me", &old).await.problem(), (401, "session_closed"));
        assert_eq!(server.log_in("ada").await.problem(), (401, "invalid_credentials"));
        let login = json!({"email": address("ada"), "password": "battery staple"});
        assert_eq!(server.post("/user/login", login).await.status, 200);
        assert_eq!(server.post("/user/password-reset", reset).await.problem(), (403, "code_invalid"));
        let (kind, event) = server.user_events().await.pop().unwrap();
        assert_eq!((kind.as_str(), event.changed), ("user.updated", vec!["password".to_owned()]));
        let notice = server.mails().await.pop().unwrap();
        assert_eq!((notice.kind.as_str(), notice.recipient), ("password_changed", address("ada")));
        assert_eq!(server.last_act("user.password_reset").await.actor, event.user.unwrap().id);
        assert_eq!(server.closures().await[0].1, "password_changed");
    }

    #[actix_web::test]
    async fn a_code_to_verify_with_resets_nothing() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let reset = json!({"email": address("ada"), "otp": server.code().await, "new_password": "battery staple"});
        assert_eq!(server.post("/user/password-reset", reset).await.problem(), (403, "code_invalid"));
        let weak = json!({"email": address("ada"), "otp": "000000", "new_password": PASSWORD.get(..5)});
        let weak = server.post("/user/password-reset", weak).await;
        assert_eq!((weak.status, weak.text("field").as_str()), (400, "new_password"));
        assert_eq!(server.log_in("ada").await.status, 200);
    }
}
