//! The settings of this service.

use kit::{Failure, Span};
use serde::{Deserialize, Serialize};

/// How deliveries are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationConfig {
    /// How many messages are sent at the same time. 1 to 64.
    pub at_once: u32,
    /// How long an attempt is another's business before it counts as lost with its process. 30 s to 10 min: longer than
    /// a mail server may take.
    pub hold: Span,
    /// How long it is remembered that something was sent, or was given up. 1 d to 365 d.
    pub keep: Span,
}

impl Default for NotificationConfig {
    fn default() -> Self {
        Self { at_once: 4, hold: Span::seconds(60), keep: Span::seconds(30 * 86_400) }
    }
}

impl NotificationConfig {
    /// `InvalidInput` with the setting that is out of its bounds.
    pub fn validate(&self) -> Result<(), Failure> {
        let day = Span::seconds(86_400);
        within("at_once", &self.at_once, &1, &64)?;
        within("hold", &self.hold, &Span::seconds(30), &Span::seconds(600))?;
        within("keep", &self.keep, &day, &Span::seconds(365 * 86_400))
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
        let wrong = NotificationConfig { hold: Span::seconds(1), ..config };
        assert_eq!(wrong.validate().unwrap_err().field.as_deref(), Some("hold"));
    }
}
