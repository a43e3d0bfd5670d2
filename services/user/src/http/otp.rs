//! Sends a code. The answer tells nobody whether an address has an account.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use wire::limit::CredentialsFrom;
use wire::{Json, Problem, Problems};

use crate::domain::Purpose;
use crate::use_cases::App;
use crate::use_cases::otp::{Channel, otp};

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

/// How the code arrives.
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
        let unknown = server.post("/user/otp", json!({"email": address("ada"), "purpose": "fun"})).await;
        assert_eq!((unknown.status, unknown.text("field").as_str()), (400, "purpose"));
    }
}
