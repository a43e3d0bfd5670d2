//! Sends a code. The answer tells nobody whether an address has an account.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems};

use crate::domain::{Channel, Purpose};
use crate::use_cases::App;
use crate::use_cases::otp::otp;

/// Which code is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CodeRequest)]
pub struct OtpBody {
    #[schema(max_length = 254, example = "ada@example.org")]
    email: String,
    #[serde(default)]
    channel: ChannelName,
    #[serde(default)]
    purpose: PurposeName,
}

/// How the code arrives: `sms` where the platform has a gateway, at the account's telephone number.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CodeChannel)]
pub enum ChannelName {
    #[default]
    Email,
    Sms,
}

/// What the code is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CodePurpose)]
pub enum PurposeName {
    #[default]
    Verify,
    Reset,
}

impl From<ChannelName> for Channel {
    fn from(name: ChannelName) -> Self {
        match name {
            ChannelName::Email => Self::Email,
            ChannelName::Sms => Self::Sms,
        }
    }
}

impl From<PurposeName> for Purpose {
    fn from(name: PurposeName) -> Self {
        match name {
            PurposeName::Verify => Self::Verify,
            PurposeName::Reset => Self::Reset,
        }
    }
}

/// Ask for a code.
#[utoipa::path(operation_id = "user_otp", tag = "user", request_body = OtpBody,
    responses((status = 202, description = "If the address has an account that this fits, a code is on its way"), Problems))]
#[post("/otp")]
pub async fn handler(_: CredentialsFrom, app: web::Data<App>, body: Json<OtpBody>) -> Result<HttpResponse, Problem> {
    otp(&app, &body.0.email.parse()?, body.0.purpose.into(), body.0.channel.into()).await?;
    Ok(HttpResponse::Accepted().finish())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::testing::{Server, address};

    #[actix_web::test]
    async fn the_answer_is_the_same_for_nobody() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.clock.advance(Duration::from_secs(61));
        for purpose in ["reset", "verify"] {
            let mut answers = Vec::new();
            for name in ["ada", "nobody"] {
                let body = json!({"email": address(name), "purpose": purpose});
                let answer = server.post("/user/otp", body).await;
                answers.push((answer.status, answer.body.to_string()));
            }
            assert!(answers[0].0 == 202 && answers[0] == answers[1], "{answers:?}");
            server.clock.advance(Duration::from_secs(60));
        }
        // One at sign-up, one for the reset; a verified user gets none to verify, nobody gets none at all.
        let kinds: Vec<String> = server.mails().await.into_iter().map(|mail| mail.kind).collect();
        assert_eq!(kinds, ["verify_code", "reset_code"]);
    }

    #[actix_web::test]
    async fn a_second_code_waits_for_as_long_as_it_says() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        server.clock.advance(Duration::from_secs(25));
        let refused = server.post("/user/otp", json!({"email": address("ada")})).await;
        assert_eq!((refused.problem(), refused.retry_after), ((429, "code_too_soon"), Some(35)));
        server.clock.advance(Duration::from_secs(35));
        assert_eq!(server.post("/user/otp", json!({"email": address("ada")})).await.status, 202);
        assert_eq!(server.mails().await.len(), 2);
    }

    #[actix_web::test]
    async fn a_text_message_is_refused_while_there_is_no_gateway() {
        let server = Server::start().await;
        let refused = server.post("/user/otp", json!({"email": address("ada"), "channel": "sms"})).await;
        assert_eq!((refused.problem(), refused.text("field").as_str()), ((422, "no_gateway"), "channel"));
        assert!(server.mails().await.is_empty());
        let unknown = server.post("/user/otp", json!({"email": address("ada"), "purpose": "fun"})).await;
        assert_eq!((unknown.status, unknown.text("field").as_str()), (400, "purpose"));
    }

    #[actix_web::test]
    async fn a_text_goes_to_the_accounts_number_and_proves_it() {
        let server = Server::with(|deps| deps.sms = true).await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        let number = json!({"phone_number": "+4915112345678"});
        server.call("PATCH", "/user/me", Some(&token), Some(number.clone())).await;
        server.clock.advance(Duration::from_secs(61));
        let text = |name| json!({"email": address(name), "channel": "sms"});
        let (known, unknown) =
            (server.post("/user/otp", text("ada")).await, server.post("/user/otp", text("nobody")).await);
        assert!(known.status == 202 && (known.status, &known.body) == (unknown.status, &unknown.body));
        let sent = server.mails().await.pop().unwrap();
        assert_eq!((sent.channel.as_str(), sent.recipient.as_str()), ("sms", "+4915112345678"));
        let proven = server.post("/user/verify", json!({"email": address("ada"), "otp": server.code().await})).await;
        assert_eq!((proven.status, &proven.body["phone_verified"]), (200, &json!(true)));
        let (kind, event) = server.user_events().await.pop().unwrap();
        assert_eq!((kind.as_str(), event.changed), ("user.updated", vec!["phone_verified".to_owned()]));
        assert!(event.user.unwrap().phone_verified);
        let notice = server.mails().await.pop().unwrap();
        assert_eq!((notice.kind.as_str(), notice.recipient), ("phone_proven", address("ada")));
        assert_eq!(notice.details["number"], "5678");
        server.verified("bob").await;
        let bob = server.token("bob").await;
        server.call("PATCH", "/user/me", Some(&bob), Some(number)).await;
        server.clock.advance(Duration::from_secs(61));
        server.post("/user/otp", text("bob")).await;
        let taken = server.post("/user/verify", json!({"email": address("bob"), "otp": server.code().await})).await;
        assert_eq!((taken.problem(), taken.text("field").as_str()), ((409, "phone_taken"), "phone_number"));
    }

    #[actix_web::test]
    async fn a_code_by_mail_takes_the_account_from_who_verified_it_by_text_alone() {
        let server = Server::with(|deps| deps.sms = true).await;
        server.sign_up("ada").await;
        let token = server.token("ada").await;
        server.call("PATCH", "/user/me", Some(&token), Some(json!({"phone_number": "+4915112345678"}))).await;
        server.clock.advance(Duration::from_secs(61));
        server.post("/user/otp", json!({"email": address("ada"), "channel": "sms"})).await;
        let verify = async || {
            let code = server.code().await;
            server.post("/user/verify", json!({"email": address("ada"), "otp": code})).await
        };
        assert_eq!(verify().await.body["verified"], json!(true));
        let (kind, event) = server.user_events().await.pop().unwrap();
        assert_eq!(event.changed, ["verified", "email_unproven", "phone_verified"]);
        assert!(kind == "user.verified" && event.user.unwrap().email_unproven);
        assert!(server.mails().await.iter().all(|mail| mail.kind != "phone_proven"), "the address may be anybody's");
        server.clock.advance(Duration::from_secs(61));
        server.post("/user/otp", json!({"email": address("ada")})).await;
        let proven = verify().await;
        assert_eq!((proven.status, &proven.body["phone_number"]), (200, &json!(null)));
        let (_, event) = server.user_events().await.pop().unwrap();
        assert_eq!(event.changed, ["email_unproven", "phone_number", "phone_verified"]);
        assert!(!event.user.unwrap().email_unproven);
        assert_eq!(server.get("/user/me", &token).await.problem(), (401, "session_closed"));
        assert_eq!(server.log_in("ada").await.status, 200);
    }

    #[actix_web::test]
    async fn an_account_without_a_number_gets_no_text() {
        let server = Server::with(|deps| deps.sms = true).await;
        server.sign_up("ada").await;
        server.clock.advance(Duration::from_secs(61));
        let asked = server.post("/user/otp", json!({"email": address("ada"), "channel": "sms"})).await;
        assert_eq!((asked.status, server.mails().await.len()), (202, 1));
    }
}
