//! Mail over SMTP, as `smtp://` and `smtps://[user:password@]host:port` say. The caller retries; nothing is queued here.

use std::time::Duration;

use async_trait::async_trait;
use kit::{ErrorCode, Failure};
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::Sender;
use crate::domain::Mail;
use crate::ports::Mailer;

/// How long the server may take for one command.
const COMMAND: Duration = Duration::from_secs(15);
/// How long it may take for a whole mail; shorter than a delivery is held.
const MAIL: Duration = Duration::from_secs(25);

/// Hands mail to a server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
}

impl SmtpMailer {
    /// `InvalidInput` on `smtp_url` where it is no such URL; the server need not answer yet.
    pub fn new(url: &str, sender: Sender) -> Result<Self, Failure> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&protected(url))
            .map_err(|error| {
                let told = "`smtp_url` is written like `smtps://user:password@host:465` or `smtp://host:25`.";
                // The error's text may hold the password.
                Failure::invalid("smtp_url", told).operator(std::any::type_name_of_val(&error))
            })?
            .timeout(Some(COMMAND))
            .build();
        Ok(Self { transport, sender })
    }

    /// Connects, greets, and logs in where the URL says how, for whoever checks before a mail is due. `Err` is what the server or
    /// the network said.
    pub async fn look(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("it does not answer after the greeting".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A password never goes in clear over a network: without `tls` in the URL, credentials need STARTTLS. On this machine
/// itself it is used where the server offers it.
fn protected(url: &str) -> String {
    let authority = url.strip_prefix("smtp://").map(|rest| rest.split(['/', '?']).next().unwrap_or(rest));
    let host = authority.and_then(|authority| authority.rsplit_once('@')).map(|(_, host)| host);
    match host {
        Some(host) if !url.contains('?') => {
            format!("{url}?tls={}", if is_here(host) { "opportunistic" } else { "required" })
        }
        _ => url.to_owned(),
    }
}

/// Whether a host, with or without a port, is this machine itself.
fn is_here(host: &str) -> bool {
    let split = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    ["127.0.0.1", "localhost", "[::1]"].contains(&split.map_or(host, |(name, _)| name))
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let message = self.sender.message(mail)?;
        match tokio::time::timeout(MAIL, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(Failure::of(ErrorCode::MailServerUnavailable).operator("it took too long").unknown()),
        }
    }
}

fn failure(error: &Error) -> Failure {
    if error.is_permanent() && !asks_for_login(error) {
        Failure::of(ErrorCode::MailRefused).operator(error)
    } else {
        Failure::of(ErrorCode::MailServerUnavailable).operator(error).unknown()
    }
}

/// 530, 534, 535 and 538 of RFC 4954: our own settings are at fault, which an operator can mend while the code is valid.
fn asks_for_login(error: &Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_protected_where_the_url_does_not_say_otherwise() {
        assert_eq!(protected("smtp://host:25"), "smtp://host:25");
        assert_eq!(protected("smtp://a:b@host:25"), "smtp://a:b@host:25?tls=required");
        assert_eq!(protected("smtp://a:b@127.0.0.1:25"), "smtp://a:b@127.0.0.1:25?tls=opportunistic");
        for here in ["127.0.0.1", "localhost", "localhost:2525", "[::1]", "[::1]:25"] {
            let url = format!("smtp://a:b@{here}");
            assert_eq!(protected(&url), format!("{url}?tls=opportunistic"));
        }
        for elsewhere in ["localhost.example.org:25", "127.0.0.1.example.org", "[::1]x.example.org", "127.0.0.11"] {
            let url = format!("smtp://a:b@{elsewhere}");
            assert_eq!(protected(&url), format!("{url}?tls=required"));
        }
        assert_eq!(protected("smtp://a:b@host:25?tls=required"), "smtp://a:b@host:25?tls=required");
        assert_eq!(protected("smtps://a:b@host:465"), "smtps://a:b@host:465");
    }

    #[test]
    fn what_is_no_url_is_refused_without_telling_the_password() {
        let sender = Sender::parse("berth@example.org").unwrap();
        for url in ["", "host:25", "ftp://a:hunter2@host", "smtp://a:hunter2@host?tls=maybe"] {
            let failure = SmtpMailer::new(url, sender.clone()).err().unwrap();
            assert_eq!(failure.field.as_deref(), Some("smtp_url"), "{url}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
