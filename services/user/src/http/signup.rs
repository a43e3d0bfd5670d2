//! Makes an account: the address gets a code, the first account of a platform is its admin.

use actix_web::{HttpResponse, post, web};
use kit::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems};

use super::views::UserView;
use crate::domain::{Gender, Password, PersonName, PhoneNumber, Profile};
use crate::use_cases::App;
use crate::use_cases::signup::{SignUp, signup};

/// What a person signs up with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUp)]
pub struct SignUpBody {
    #[schema(max_length = 254, example = "ada@example.org")]
    email: String,
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    password: SecretString,
    #[schema(min_length = 1, max_length = 100)]
    first_name: String,
    #[schema(min_length = 1, max_length = 100)]
    last_name: String,
    /// International: a plus, the country's code, then the rest.
    #[schema(example = "+4915112345678")]
    phone_number: Option<String>,
    #[schema(min_length = 1, max_length = 32)]
    gender: Option<String>,
    /// Whether to tell by e-mail what happens; codes and security mails come in any case. Default true.
    email_notification: Option<bool>,
    /// Whether to tell by text message. Default false.
    sms_notification: Option<bool>,
    /// What the server printed at its start; only the sign-up that makes the first admin needs it.
    #[schema(value_type = Option<String>)]
    setup_code: Option<SecretString>,
}

impl TryFrom<SignUpBody> for SignUp {
    type Error = Failure;

    fn try_from(body: SignUpBody) -> Result<Self, Failure> {
        Ok(Self {
            email: body.email.parse()?,
            password: Password::choose("password", body.password.expose_secret())?,
            profile: Profile {
                first_name: PersonName::parse("first_name", &body.first_name)?,
                last_name: PersonName::parse("last_name", &body.last_name)?,
                phone_number: body.phone_number.as_deref().map(PhoneNumber::parse).transpose()?,
                gender: body.gender.as_deref().map(Gender::parse).transpose()?,
                email_notification: body.email_notification.unwrap_or(true),
                sms_notification: body.sms_notification.unwrap_or(false),
            },
            setup_code: body.setup_code,
        })
    }
}

/// Sign up.
#[utoipa::path(operation_id = "user_signup", tag = "user", request_body = SignUpBody,
    responses((status = 201, description = "The account, not verified yet; its code is in the mail", body = UserView), Problems))]
#[post("/signup")]
pub async fn handler(_: CredentialsFrom, app: web::Data<App>, body: Json<SignUpBody>) -> Result<HttpResponse, Problem> {
    let user = signup(&app, body.0.try_into()?).await?;
    Ok(HttpResponse::Created().json(UserView::from(user)))
}

#[cfg(test)]
mod tests {
    use bus::Topic;
    use serde_json::{Value, json};

    use crate::testing::{PASSWORD, Server, sign_up};

    #[actix_web::test]
    async fn a_sign_up_gives_the_account_and_mails_a_code() {
        let server = Server::start().await;
        let made = server.sign_up("Ada").await;
        assert_eq!(made.status, 201);
        let mut fields: Vec<&String> = made.body.as_object().unwrap().keys().collect();
        fields.sort();
        let documented = ["admin", "created_at", "email", "email_notification", "first_name", "gender", "id"];
        let rest = [
            "last_name",
            "phone_number",
            "phone_verified",
            "sms_notification",
            "suspended",
            "tenant_id",
            "updated_at",
            "verified",
        ];
        assert_eq!(fields, documented.into_iter().chain(rest).collect::<Vec<_>>());
        assert_eq!(made.text("email"), "ada@example.org");
        assert_eq!(
            json!([made.body["verified"], made.body["email_notification"], made.body["sms_notification"]]),
            json!([false, true, false])
        );
        let mail = server.mails().await.pop().unwrap();
        assert_eq!((mail.kind.as_str(), mail.channel.as_str()), ("verify_code", "email"));
        assert_eq!((mail.recipient.as_str(), mail.user_id), ("ada@example.org", made.text("id")));
        let code = server.code().await;
        assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
        assert!(!made.body.to_string().contains(&format!("\"{code}\"")));
    }

    #[actix_web::test]
    async fn what_is_announced_is_the_user_and_no_secret() {
        let server = Server::start().await;
        let id = server.sign_up("ada").await.text("id");
        let (kind, event) = server.user_events().await.pop().unwrap();
        let user = event.user.unwrap();
        assert_eq!(
            (kind.as_str(), user.id.as_str(), user.revision, user.admin),
            ("user.created", id.as_str(), 1, true)
        );
        assert!(!user.tenant_id.is_empty() && user.tenant_id != id);
        let act = server.last_act("user.signup").await;
        assert_eq!((act.actor, act.tenant_id), (id, Some(user.tenant_id)));
        let code = server.code().await;
        for event in [server.events(Topic::User).await, server.events(Topic::Notification).await].concat() {
            let text = String::from_utf8_lossy(&event.data).into_owned();
            assert!(!text.contains(PASSWORD) && !text.contains("argon2") && !text.contains(&code), "{}", event.kind);
        }
    }

    #[actix_web::test]
    async fn events_carry_the_request_that_caused_them() {
        let server = Server::start().await;
        let request = kit::context::RequestContext::named("r-1");
        kit::context::with_request(request, server.sign_up("ada")).await;
        let events = [server.events(Topic::User).await, server.events(Topic::Notification).await].concat();
        let requests: Vec<_> = events.into_iter().map(|event| event.trace.request_id).collect();
        assert_eq!(requests, [Some("r-1".to_owned()), Some("r-1".to_owned())]);
    }

    #[actix_web::test]
    async fn a_taken_address_is_refused_in_any_spelling_and_mails_nothing() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let again = server.sign_up("ADA").await;
        assert_eq!((again.problem(), again.text("field")), ((409, "email_taken"), "email".to_owned()));
        assert_eq!(server.mails().await.len(), 1);
    }

    #[actix_web::test]
    async fn what_does_not_fit_is_refused_with_its_field() {
        let server = Server::start().await;
        for (field, value) in [
            ("email", json!("ada")),
            ("password", json!("short")),
            ("first_name", json!(" ")),
            ("last_name", json!("a\nb")),
            ("phone_number", json!("12")),
            ("gender", json!("x".repeat(33))),
            ("email_notification", json!("yes")),
            ("admin", json!(true)),
        ] {
            let mut body = sign_up("ada");
            body[field] = value;
            let refused = server.post("/user/signup", body).await;
            assert_eq!((refused.status, refused.text("field").as_str()), (400, field));
        }
        let missing = server.post("/user/signup", json!({"email": "ada@example.org"})).await;
        assert_eq!((missing.status, missing.text("field").as_str()), (400, "password"));
        assert!(server.events(Topic::User).await.is_empty());
    }

    #[actix_web::test]
    async fn the_first_is_admin_and_off_loopback_needs_the_set_up_code() {
        let server = Server::with_setup_code(Some("open sesame")).await;
        let with = |code: &str| {
            let mut body = sign_up("ada");
            body["setup_code"] = Value::from(code);
            body
        };
        assert_eq!(server.sign_up("ada").await.problem(), (403, "setup_code_required"));
        assert_eq!(server.post("/user/signup", with("guess")).await.problem(), (403, "setup_code_required"));
        let first = server.post("/user/signup", with("open sesame")).await;
        assert_eq!((first.status, &first.body["admin"]), (201, &json!(true)));
        let second = server.sign_up("bob").await;
        assert_eq!((second.status, &second.body["admin"]), (201, &json!(false)));
    }
}
