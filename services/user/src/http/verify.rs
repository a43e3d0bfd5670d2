//! Proves an e-mail address with its code.

use actix_web::{HttpResponse, post, web};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems};

use super::views::UserView;
use crate::use_cases::App;
use crate::use_cases::verify::verify;

/// A code and the address that it was sent to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Verify)]
pub struct VerifyBody {
    #[schema(max_length = 254, example = "ada@example.org")]
    email: String,
    /// Six digits.
    #[schema(value_type = String, example = "012345")]
    otp: SecretString,
}

/// Verify the e-mail address.
#[utoipa::path(operation_id = "user_verify", tag = "user", request_body = VerifyBody,
    responses((status = 200, description = "The account, with what the code proved: its address, its number, or the address that it shall have", body = UserView), Problems))]
#[post("/verify")]
pub async fn handler(
    from: CredentialsFrom,
    app: web::Data<App>,
    body: Json<VerifyBody>,
) -> Result<HttpResponse, Problem> {
    let user = verify(&app, body.0.email.parse()?, body.0.otp.expose_secret(), from.0).await?;
    Ok(HttpResponse::Ok().json(UserView::from(user)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::testing::{Server, address};

    #[actix_web::test]
    async fn the_code_from_the_mail_works_once() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let right = json!({"email": address("ada"), "otp": server.code().await});
        let verified = server.post("/user/verify", right.clone()).await;
        assert_eq!((verified.status, &verified.body["verified"]), (200, &json!(true)));
        assert_eq!(server.post("/user/verify", right).await.problem(), (403, "code_invalid"));
        let (kind, event) = server.user_events().await.pop().unwrap();
        let user = event.user.unwrap();
        assert_eq!((kind.as_str(), user.revision), ("user.verified", 2));
        assert_eq!(server.last_act("user.verify").await.actor, user.id);
    }

    #[actix_web::test]
    async fn every_code_that_does_not_fit_gets_the_same_answer() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let code = server.code().await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let one = server.post("/user/verify", json!({"email": address("ada"), "otp": wrong})).await;
        let other = server.post("/user/verify", json!({"email": address("nobody"), "otp": code})).await;
        server.clock.advance(Duration::from_secs(601));
        let late = server.post("/user/verify", json!({"email": address("ada"), "otp": code})).await;
        assert!(one.problem() == (403, "code_invalid") && one.body == other.body && one.body == late.body);
    }
}
