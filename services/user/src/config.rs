//! The user service's settings, each with its default and meaning.

use std::path::PathBuf;
use std::time::Duration;

use kit::{Failure, Span};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::domain::{CodeRules, KeyLives};

/// `[user]` of the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserConfig {
    /// The database on a MySQL server: `mysql://user:password@host:port/name`. A file of its own where none is named.
    #[serde(skip_serializing)]
    pub database_url: Option<SecretString>,
    /// A file that holds it.
    pub database_url_file: Option<PathBuf>,
    /// How long an access token is valid.
    pub access_token_life: Span,
    /// How long a refresh token may be exchanged; each exchange gives a new one.
    pub refresh_token_life: Span,
    /// How long a code is valid.
    pub code_life: Span,
    /// How often one client address may try a code.
    pub code_tries_per_address: u32,
    /// How often all client addresses together may try a code.
    pub code_tries: u32,
    /// The least time between two codes for one e-mail address.
    pub code_pause: Span,
    /// The most codes in an hour for one e-mail address.
    pub codes_per_hour: u32,
    /// After this an unverified account makes way for a new sign-up of its address.
    pub unverified_yields_after: Span,
    /// After this an unverified account goes.
    pub unverified_goes_after: Span,
    /// How long a password waits for a free core before the answer is `busy`.
    pub password_queue: Span,
    /// How long a key signs access tokens.
    pub signing_key_life: Span,
    /// How long a key is published before it signs.
    pub signing_key_lead: Span,
    /// How long a key is published after it signed its last token.
    pub signing_key_tail: Span,
    /// How long the audit list is kept. 30 d to 3650 d.
    pub audit_life: Span,
}

impl Default for UserConfig {
    fn default() -> Self {
        Self {
            database_url: None,
            database_url_file: None,
            access_token_life: minutes(15),
            refresh_token_life: minutes(30 * 24 * 60),
            code_life: minutes(10),
            code_tries_per_address: 5,
            code_tries: 25,
            code_pause: minutes(1),
            codes_per_hour: 5,
            unverified_yields_after: minutes(24 * 60),
            unverified_goes_after: minutes(7 * 24 * 60),
            password_queue: Span::seconds(2),
            signing_key_life: minutes(30 * 24 * 60),
            signing_key_lead: minutes(60),
            signing_key_tail: minutes(60),
            audit_life: minutes(365 * DAY),
        }
    }
}

/// A day's minutes.
const DAY: u64 = 24 * 60;
/// Longer than anybody remembers user's answer about an API key.
const ANSWER_LIFE: Duration = Duration::from_secs(300);

const fn minutes(minutes: u64) -> Span {
    Span::seconds(60 * minutes)
}

impl UserConfig {
    /// Refuses settings that contradict each other, naming the field.
    pub fn validate(&self) -> Result<(), Failure> {
        let wrong = |field: &str, told: &str| Err(Failure::invalid(format!("user.{field}"), told));
        if self.access_token_life < Span::seconds(1) || self.access_token_life > minutes(15) {
            return wrong(
                "access_token_life",
                "An access token lives from 1 s to 15 min: closed sessions are remembered a little longer than that.",
            );
        }
        if self.refresh_token_life <= self.access_token_life {
            return wrong("refresh_token_life", "A refresh token lives longer than an access token.");
        }
        if self.signing_key_tail < self.access_token_life {
            return wrong(
                "signing_key_tail",
                "A key is published at least as long as the last token that it signed lives.",
            );
        }
        if self.signing_key_life <= self.signing_key_lead {
            return wrong("signing_key_life", "A key signs for longer than it is published before.");
        }
        if self.code_tries_per_address == 0 || self.code_tries == 0 || self.codes_per_hour == 0 {
            return wrong("code_tries", "Codes can be asked for and tried at least once.");
        }
        if self.audit_life < minutes(30 * DAY) || self.audit_life > minutes(3_650 * DAY) {
            return wrong("audit_life", "The audit list is kept for 30 d to 3650 d.");
        }
        Ok(())
    }

    pub const fn codes(&self) -> CodeRules {
        CodeRules {
            life: self.code_life.get(),
            tries_per_address: self.code_tries_per_address,
            tries: self.code_tries,
            pause: self.code_pause.get(),
            per_hour: self.codes_per_hour,
        }
    }

    pub const fn keys(&self) -> KeyLives {
        KeyLives {
            life: self.signing_key_life.get(),
            lead: self.signing_key_lead.get(),
            tail: self.signing_key_tail.get(),
        }
    }

    /// How long what was closed is told to those who trust tokens and keys: as long as a token of it can live, or an
    /// answer about the key, and some.
    pub fn closures_matter_for(&self) -> Duration {
        (self.access_token_life.get() * 2).max(ANSWER_LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_contradictions_are_named() {
        assert!(UserConfig::default().validate().is_ok());
        let wrong = UserConfig { signing_key_tail: Span::seconds(1), ..UserConfig::default() };
        assert_eq!(wrong.validate().unwrap_err().field.as_deref(), Some("user.signing_key_tail"));
        let wrong = UserConfig { audit_life: minutes(29 * DAY), ..UserConfig::default() };
        assert_eq!(wrong.validate().unwrap_err().field.as_deref(), Some("user.audit_life"));
    }
}
