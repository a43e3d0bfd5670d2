//! Asks for another e-mail address; `POST /user/verify` with the code that goes there makes it so.

use actix_web::{HttpResponse, post, web};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems, Verified};

use crate::domain::Password;
use crate::use_cases::App;
use crate::use_cases::email_change::email_change;

/// The address to have from then on, and the present password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmailChange)]
pub struct MeEmailBody {
    #[schema(max_length = 254, example = "ada@example.org")]
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Change the own e-mail address.
#[utoipa::path(operation_id = "user_email_change", tag = "user", security(("bearer" = [])), request_body = MeEmailBody,
    responses((status = 202, description = "If nobody has the address, a code is on its way there; verifying it with that changes the account"), Problems))]
#[post("/me/email")]
pub async fn handler(
    _: CredentialsFrom,
    caller: Verified,
    app: web::Data<App>,
    body: Json<MeEmailBody>,
) -> Result<HttpResponse, Problem> {
    let password = Password::given(body.0.password.expose_secret());
    email_change(&app, &caller, body.0.email.parse()?, password).await?;
    Ok(HttpResponse::Accepted().finish())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::testing::{Answer, PASSWORD, Server, address};

    async fn ask(server: &Server, token: &str, new: &str) -> Answer {
        let body = json!({"email": address(new), "password": PASSWORD});
        server.call("POST", "/user/me/email", Some(token), Some(body)).await
    }

    async fn prove(server: &Server, name: &str, code: &str) -> Answer {
        server.post("/user/verify", json!({"email": address(name), "otp": code})).await
    }

    #[actix_web::test]
    async fn the_code_from_the_new_address_changes_it_and_both_are_told() {
        let server = Server::start().await;
        let id = server.verified("ada").await;
        let token = server.token("ada").await;
        assert_eq!(ask(&server, &token, "countess").await.status, 202);
        assert_eq!(server.get("/user/me", &token).await.text("email"), address("ada"));
        let mail = server.mails().await.pop().unwrap();
        assert_eq!((mail.kind.as_str(), mail.recipient), ("email_code", address("countess")));
        let code = server.code().await;
        let proven = prove(&server, "countess", &code).await;
        assert_eq!(
            (proven.status, proven.text("email"), &proven.body["verified"]),
            (200, address("countess"), &json!(true))
        );
        let (kind, event) = server.user_events().await.pop().unwrap();
        assert_eq!((kind.as_str(), event.changed), ("user.updated", vec!["email".to_owned()]));
        let told = server.mails().await.into_iter().filter(|mail| mail.kind == "email_changed");
        let told: Vec<_> = told.map(|mail| (mail.recipient, mail.details["email"].clone())).collect();
        assert_eq!(told, [(address("ada"), address("countess")), (address("countess"), address("countess"))]);
        assert_eq!(server.last_act("user.email_change").await.actor, id);
        assert_eq!(prove(&server, "countess", &code).await.problem(), (403, "code_invalid"));
        assert_eq!(server.get("/user/me", &token).await.status, 200);
        assert_eq!(server.log_in("ada").await.problem(), (401, "invalid_credentials"));
        assert_eq!(server.log_in("countess").await.status, 200);
    }

    #[actix_web::test]
    async fn a_taken_address_gets_the_same_answer_and_no_code() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.verified("bob").await;
        server.clock.advance(Duration::from_secs(61));
        let token = server.token("ada").await;
        let before = server.mails().await.len();
        let (taken, free) = (ask(&server, &token, "bob").await, ask(&server, &token, "nobody").await);
        assert!(taken.status == 202 && (taken.status, &taken.body) == (free.status, &free.body));
        assert_eq!(server.mails().await.len(), before + 1);
        // Whether or not somebody has it, a second code waits.
        for name in ["bob", "nobody"] {
            assert_eq!(ask(&server, &token, name).await.problem(), (429, "code_too_soon"), "{name}");
        }
    }

    #[actix_web::test]
    async fn an_address_that_was_taken_meanwhile_is_refused_at_the_end() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        ask(&server, &token, "countess").await;
        let code = server.code().await;
        assert_eq!(server.sign_up("countess").await.status, 201);
        assert_eq!(prove(&server, "countess", &code).await.problem(), (409, "email_taken"));
        assert_eq!(server.get("/user/me", &token).await.text("email"), address("ada"));
    }

    #[actix_web::test]
    async fn a_wrong_password_or_an_unverified_user_asks_in_vain() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let body = json!({"email": address("countess"), "password": "wrong horse!"});
        let refused = server.call("POST", "/user/me/email", Some(&token), Some(body)).await;
        assert_eq!((refused.problem(), refused.text("field").as_str()), ((401, "invalid_credentials"), "password"));
        let body = json!({"email": "countess", "password": PASSWORD});
        let garbage = server.call("POST", "/user/me/email", Some(&token), Some(body)).await;
        assert_eq!((garbage.status, garbage.text("field").as_str()), (400, "email"));
        server.sign_up("bob").await;
        let token = server.token("bob").await;
        assert_eq!(ask(&server, &token, "robert").await.problem(), (403, "user_not_verified"));
    }
}
