//! Text messages over the operator's HTTP gateway, by the request that `docs/sms-gateway.md` describes:
//! `POST {"to", "from", "text", "id"}` with a bearer token and an `Idempotency-Key`.

use std::time::Duration;

use async_trait::async_trait;
use kit::{ErrorCode, Failure};
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::client::LazyClient;
use crate::domain::Text;
use crate::ports::SmsGateway;

/// How long the gateway may take; shorter than a delivery is held.
const DEADLINE: Duration = Duration::from_secs(15);

/// Hands texts to a gateway.
pub struct HttpSms {
    client: LazyClient,
    url: Url,
    token: Option<SecretString>,
    from: String,
}

#[derive(Serialize)]
struct Message<'a> {
    to: &'a str,
    from: &'a str,
    text: &'a str,
    id: &'a str,
}

impl HttpSms {
    /// `InvalidInput` on `sms_url` where it is no HTTP URL; the gateway need not answer yet.
    pub fn new(url: &str, token: Option<SecretString>, from: String) -> Result<Self, Failure> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        // The text may hold a password.
        let url = parsed.ok_or_else(|| Failure::invalid("sms_url", "`sms_url` is a URL of http:// or https://."))?;
        // A token is for the gateway alone, not for whoever it may point at.
        let client = LazyClient::new(|builder| builder.redirect(Policy::none()).timeout(DEADLINE));
        Ok(Self { client, url, token, from })
    }

    /// Whether it answers, for whoever checks before a text is due: asked for its head, without the token. Its status, or what
    /// the network said.
    pub async fn look(&self) -> Result<u16, String> {
        let answer = self.client.get()?.head(self.url.clone()).send().await;
        // The error's text names the URL, which may hold a password.
        let told = |error: reqwest::Error| {
            let error = error.without_url();
            let cause = std::iter::successors(std::error::Error::source(&error), |cause| cause.source()).last();
            cause.map_or_else(|| error.to_string(), ToString::to_string)
        };
        answer.map(|answer| answer.status().as_u16()).map_err(told)
    }
}

#[async_trait]
impl SmsGateway for HttpSms {
    async fn send(&self, text: &Text) -> Result<(), Failure> {
        let message = Message { to: &text.to, from: &self.from, text: &text.text, id: &text.id };
        let client = self.client.get().map_err(away)?;
        let mut request = client.post(self.url.clone()).header("idempotency-key", &text.id).json(&message);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        match request.send().await {
            Ok(answer) => judged(&answer),
            // The error's text names the URL, which may hold a password.
            Err(error) => Err(away(format!("{:?}", error.without_url())).unknown()),
        }
    }
}

fn away(operator: String) -> Failure {
    Failure::of(ErrorCode::SmsGatewayUnavailable).operator(operator)
}

/// 2xx is taken; 408, 429 and 5xx may pass, after the pause that is asked for; anything else is final.
fn judged(answer: &Response) -> Result<(), Failure> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let told = format!("HTTP {}", status.as_u16());
    if !(status.is_server_error() || matches!(status.as_u16(), 408 | 429)) {
        return Err(Failure::of(ErrorCode::SmsRefused).operator(told));
    }
    let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Err(wait.into_iter().fold(away(told).unknown(), Failure::retry_after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_is_refused_without_telling_the_password() {
        for url in ["", "gateway", "ftp://a:hunter2@host", "smtp://a:hunter2@host"] {
            let failure = HttpSms::new(url, None, "Berth".into()).err().unwrap();
            assert_eq!(failure.field.as_deref(), Some("sms_url"), "{url}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
