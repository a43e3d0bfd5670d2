//! The settings of this service.

use std::path::PathBuf;

use kit::{Failure, Span};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// How deliveries are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationConfig {
    /// The database on a MySQL server: `mysql://user:password@host:port/name`. A file of its own where none is named.
    #[serde(skip_serializing)]
    pub database_url: Option<SecretString>,
    /// A file that holds it.
    pub database_url_file: Option<PathBuf>,
    /// How many messages are sent at the same time, one of them a code: where it is 1, a code goes beside it. 1 to 64.
    pub at_once: u32,
    /// How many webhooks are called at the same time. 1 to 256.
    pub webhooks_at_once: u32,
    /// How long an attempt is another's business before it counts as lost with its process. 30 s to 10 min: longer than
    /// a mail server may take.
    pub hold: Span,
    /// How long it is remembered that something was sent, or was given up. 1 d to 365 d.
    pub keep: Span,
    /// Where people reach the platform with a browser; what messages link to. They link to nothing without one.
    pub public_url: Option<String>,
    /// Where text messages go: see `docs/sms-gateway.md`. There are none without one.
    pub sms_url: Option<String>,
    /// The gateway's bearer token.
    #[serde(skip_serializing)]
    pub sms_token: Option<SecretString>,
    /// A file that holds it.
    pub sms_token_file: Option<PathBuf>,
    /// Who text messages are from: a number, or a name of up to 11 letters and digits.
    pub sms_from: String,
    /// Lets webhooks go to private and loopback addresses, also without TLS: for a platform whose users may reach all
    /// of its network anyway.
    pub webhooks_allow_private: bool,
}

impl Default for NotificationConfig {
    fn default() -> Self {
        Self {
            database_url: None,
            database_url_file: None,
            at_once: 4,
            webhooks_at_once: 16,
            hold: Span::seconds(10),
            keep: Span::seconds(30 * 86_400),
            public_url: None,
            sms_url: None,
            sms_token: None,
            sms_token_file: None,
            sms_from: "Berth".to_owned(),
            webhooks_allow_private: false,
        }
    }
}

impl NotificationConfig {
    /// `InvalidInput` with the setting that is out of its bounds.
    pub fn validate(&self) -> Result<(), Failure> {
        let day = Span::seconds(86_400);
        within("at_once", &self.at_once, &1, &64)?;
        within("webhooks_at_once", &self.webhooks_at_once, &1, &256)?;
        within("hold", &self.hold, &Span::seconds(5), &Span::seconds(600))?;
        within("keep", &self.keep, &day, &Span::seconds(365 * 86_400))?;
        let is_url = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if self.public_url.as_ref().is_some_and(|url| !is_url(url) || url.chars().any(|c| c.is_control() || c == ' ')) {
            return Err(Failure::invalid("public_url", "`public_url` is a URL of https:// or http://."));
        }
        Ok(())
    }
}

fn within<T: PartialOrd + std::fmt::Display>(field: &str, value: &T, least: &T, most: &T) -> Result<(), Failure> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Failure::invalid(field, format!("`{field}` is {value}; it must be from {least} to {most}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_bounds_and_others_are_named() {
        let config = NotificationConfig::default();
        config.validate().unwrap();
        let wrong = NotificationConfig { hold: Span::seconds(1), ..config.clone() };
        assert_eq!(wrong.validate().unwrap_err().field.as_deref(), Some("hold"));
        let wrong = NotificationConfig { public_url: Some("javascript:alert(1)".into()), ..config };
        assert_eq!(wrong.validate().unwrap_err().field.as_deref(), Some("public_url"));
    }
}
