//! Sets a new password for who knows the old one.

use actix_web::{HttpResponse, post, web};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems, Verified};

use crate::domain::Password;
use crate::use_cases::App;
use crate::use_cases::password_change::password_change;

/// The password as it is, and as it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub struct MePasswordBody {
    #[schema(value_type = String, format = Password)]
    current_password: SecretString,
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    new_password: SecretString,
}

/// Change the own password.
#[utoipa::path(operation_id = "user_password_change", tag = "user", security(("bearer" = [])),
    request_body = MePasswordBody,
    responses((status = 204, description = "The password is set; every session is closed, the asking one too; API keys stay"), Problems))]
#[post("/me/password")]
pub async fn handler(
    _: CredentialsFrom,
    caller: Verified,
    app: web::Data<App>,
    body: Json<MePasswordBody>,
) -> Result<HttpResponse, Problem> {
    let current = Password::given(body.0.current_password.expose_secret());
    let new = Password::choose("new_password", body.0.new_password.expose_secret())?;
    password_change(&app, &caller, current, new).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, PASSWORD, Server, address};

    async fn change(server: &Server, token: &str, body: Value) -> Answer {
        server.call("POST", "/user/me/password", Some(token), Some(body)).await
    }

    #[actix_web::test]
    async fn a_change_ends_every_session_and_is_told() {
        let server = Server::start().await;
        let id = server.verified("ada").await;
        let (here, there) = (server.token("ada").await, server.token("ada").await);
        let body = json!({"current_password": PASSWORD, "new_password": "battery staple"});
        assert_eq!(change(&server, &here, body).await.status, 204);
        for token in [&here, &there] {
            assert_eq!(server.get("/user/me", token).await.problem(), (401, "session_closed"));
        }
        let login = |password: &str| json!({"email": address("ada"), "password": password});
        let old = server.post("/user/login", login(PASSWORD)).await;
        assert_eq!(old.problem(), (401, "invalid_credentials"));
        assert_eq!(server.post("/user/login", login("battery staple")).await.status, 200);
        let (kind, event) = server.user_events().await.pop().unwrap();
        assert_eq!((kind.as_str(), event.changed), ("user.updated", vec!["password".to_owned()]));
        let notice = server.mails().await.pop().unwrap();
        assert_eq!((notice.kind.as_str(), notice.recipient), ("password_changed", address("ada")));
        assert!(notice.sealed_code.is_empty() && notice.expires_at - notice.at == 24 * 3600 * 1_000_000);
        let act = server.last_act("user.password_change").await;
        assert_eq!((act.actor, act.subject_id), (id.clone(), id));
        assert_eq!(server.closures().await.iter().filter(|(_, reason)| reason == "password_changed").count(), 2);
    }

    #[actix_web::test]
    async fn a_wrong_password_changes_nothing() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let body = json!({"current_password": "wrong horse!", "new_password": "battery staple"});
        let refused = change(&server, &token, body).await;
        assert_eq!(refused.problem(), (401, "invalid_credentials"));
        assert_eq!(refused.text("field"), "current_password");
        let told = |acts: &Vec<proto::v1::AuditRecorded>| acts.last().unwrap().action == "user.password_refused";
        let acts = testkit::until(|| server.acts(), told).await;
        assert!(acts.last().unwrap().actor == acts.last().unwrap().subject_id, "who is logged in is known");
        let weak = change(&server, &token, json!({"current_password": PASSWORD, "new_password": "short"})).await;
        assert_eq!((weak.status, weak.text("field").as_str()), (400, "new_password"));
        assert_eq!(server.get("/user/me", &token).await.status, 200);
        assert_eq!(server.log_in("ada").await.status, 200);
    }

    #[actix_web::test]
    async fn only_a_verified_user_changes_it() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let body = json!({"current_password": PASSWORD, "new_password": "battery staple"});
        let token = server.token("ada").await;
        assert_eq!(change(&server, &token, body.clone()).await.problem(), (403, "user_not_verified"));
        let nobody = server.post("/user/me/password", body).await;
        assert_eq!(nobody.problem(), (401, "unauthenticated"));
    }
}
