//! Changes a user's own profile. E-mail and password have calls of their own.

use actix_web::{FromRequest as _, HttpRequest, HttpResponse, patch, web};
use kit::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Authenticated, Json, Problem, Problems, scope};

use super::views::UserView;
use crate::domain::{Changes, Edit, Gender, Password, PersonName, PhoneNumber};
use crate::use_cases::App;
use crate::use_cases::me_update::me_update;

/// What to change. A field that is left out stays; null clears `phone_number` and `gender`. A number that is new has to be
/// proven again, and only a login changes it; one that was proven is changed or cleared with the password only.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChanges)]
pub struct MeUpdateBody {
    #[schema(min_length = 1, max_length = 100)]
    first_name: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, example = "+4915112345678")]
    phone_number: Edit<String>,
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 32)]
    gender: Edit<String>,
    email_notification: Option<bool>,
    sms_notification: Option<bool>,
    /// The password as it is: needed where a proven `phone_number` becomes another, or none.
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Option<SecretString>,
}

/// Tells a field that is null from one that is left out.
fn edit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Edit<String>, D::Error> {
    Option::deserialize(deserializer).map(|value| value.map_or(Edit::Clear, Edit::Set))
}

impl TryFrom<MeUpdateBody> for Changes {
    type Error = Failure;

    fn try_from(body: MeUpdateBody) -> Result<Self, Failure> {
        let name = |field, text: Option<String>| text.map(|text| PersonName::parse(field, &text)).transpose();
        Ok(Self {
            first_name: name("first_name", body.first_name)?,
            last_name: name("last_name", body.last_name)?,
            phone_number: body.phone_number.try_map(|text| PhoneNumber::parse(&text))?,
            gender: body.gender.try_map(|text| Gender::parse(&text))?,
            email_notification: body.email_notification,
            sms_notification: body.sms_notification,
        })
    }
}

/// Change the own account.
#[utoipa::path(operation_id = "user_me_update", tag = "user", security(("bearer" = []), ("api_key" = ["profile:write"])),
    request_body = MeUpdateBody,
    responses((status = 200, description = "The account after the change", body = UserView), Problems))]
#[patch("/me")]
pub async fn handler(
    caller: Authenticated<scope::ProfileWrite>,
    app: web::Data<App>,
    request: HttpRequest,
    body: Json<MeUpdateBody>,
) -> Result<HttpResponse, Problem> {
    let password = body.0.current_password.as_ref().map(|text| Password::given(text.expose_secret()));
    if password.is_some() {
        // Only then it is a try: who merely changes a name is not held to the limits of guessers.
        CredentialsFrom::extract(&request).await?;
    }
    let user = me_update(&app, &caller, body.0.try_into()?, password).await?;
    Ok(HttpResponse::Ok().json(UserView::from(user)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use crate::testing::{Answer, PASSWORD, Server, address};

    async fn patch(server: &Server, token: &str, body: Value) -> Answer {
        server.call("PATCH", "/user/me", Some(token), Some(body)).await
    }

    #[actix_web::test]
    async fn a_change_is_kept_and_null_clears() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let token = server.token("ada").await;
        let set = patch(&server, &token, json!({"first_name": "Augusta", "phone_number": "+44 20 7946 0000"})).await;
        assert_eq!((set.status, set.text("first_name").as_str()), (200, "Augusta"));
        assert_eq!(set.text("phone_number"), "+442079460000");
        let left = patch(&server, &token, json!({"sms_notification": true})).await;
        assert_eq!(left.text("phone_number"), "+442079460000");
        let cleared = patch(&server, &token, json!({"phone_number": null})).await;
        assert_eq!(cleared.body["phone_number"], Value::Null);
        assert_eq!(server.get("/user/me", &token).await.body, cleared.body);
        let revisions = server.user_events().await.into_iter().map(|(_, event)| event.user.unwrap().revision);
        assert_eq!(revisions.collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(server.last_act("user.update").await.details["changed"], "phone_number");
    }

    #[actix_web::test]
    async fn a_proven_number_changes_with_the_password_only() {
        let server = Server::with(|deps| deps.sms = true).await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let number = |number: Value| json!({"phone_number": number});
        assert_eq!(patch(&server, &token, number(json!("+442079460000"))).await.status, 200);
        server.clock.advance(Duration::from_secs(61));
        server.post("/user/otp", json!({"email": address("ada"), "channel": "sms"})).await;
        server.post("/user/verify", json!({"email": address("ada"), "otp": server.code().await})).await;
        let refused = patch(&server, &token, number(Value::Null)).await;
        assert_eq!((refused.problem(), refused.text("field").as_str()), ((400, "invalid_input"), "current_password"));
        let with = |password: &str| json!({"phone_number": null, "current_password": password});
        let wrong = patch(&server, &token, with("wrong horse!")).await;
        assert_eq!((wrong.problem(), wrong.text("field").as_str()), ((401, "invalid_credentials"), "current_password"));
        assert_eq!(patch(&server, &token, json!({"first_name": "Augusta"})).await.body["phone_verified"], json!(true));
        let cleared = patch(&server, &token, with(PASSWORD)).await;
        assert_eq!((cleared.status, &cleared.body["phone_verified"]), (200, &json!(false)));
    }

    #[actix_web::test]
    async fn a_key_changes_no_number_and_tries_no_password() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let wish = json!({"name": "ci", "scopes": ["profile:write"]});
        let key = server.call("POST", "/user/api-keys", Some(&token), Some(wish)).await.text("key");
        assert_eq!(patch(&server, &key, json!({"first_name": "Augusta"})).await.status, 200);
        for (field, value) in [("phone_number", "+442079460000"), ("current_password", PASSWORD)] {
            let refused = patch(&server, &key, json!({field: value})).await;
            assert_eq!((refused.problem(), refused.text("field").as_str()), ((403, "scope_missing"), field));
        }
    }

    #[actix_web::test]
    async fn a_change_to_the_same_announces_nothing() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let token = server.token("ada").await;
        assert_eq!(patch(&server, &token, json!({"first_name": "Ada"})).await.status, 200);
        assert_eq!(patch(&server, &token, json!({})).await.status, 200);
        assert_eq!(server.user_events().await.len(), 1);
    }

    #[actix_web::test]
    async fn what_is_not_the_users_to_change_is_refused() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let token = server.token("ada").await;
        for field in ["admin", "verified", "email", "id"] {
            let refused = patch(&server, &token, json!({field: true})).await;
            assert_eq!((refused.problem(), refused.text("field").as_str()), ((400, "unknown_field"), field));
        }
        let refused = patch(&server, &token, json!({"last_name": ""})).await;
        assert_eq!((refused.status, refused.text("field").as_str()), (400, "last_name"));
    }
}
