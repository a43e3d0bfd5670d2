//! What a person says about themselves, each checked once, at the edge.

use std::fmt;

use kit::Failure;

/// A first or last name: 1 to 100 characters, none of them a control character. Trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonName(String);

/// A telephone number in E.164: `+`, then 7 to 15 digits. Spaces, dots, hyphens and brackets between them are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// Free text of 1 to 32 characters: Berth does nothing with it but show it to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gender(String);

/// A password as it was typed: 10 to 128 characters. Never printed; only its hash is kept.
#[derive(Clone)]
pub struct Password(String);

impl PersonName {
    /// `field` is the name that a refusal gives.
    pub fn parse(field: &str, text: &str) -> Result<Self, Failure> {
        let rule = "A name has 1 to 100 characters and no control characters.";
        plain_text(text, 100).map(Self).ok_or_else(|| Failure::invalid(field, rule))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PhoneNumber {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let digits = number.strip_prefix('+').unwrap_or("");
        let fits =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        let rule = "A telephone number is international: a plus, the country's code, then the rest, for example +4915112345678.";
        if fits { Ok(Self(number)) } else { Err(Failure::invalid("phone_number", rule)) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits: enough for its owner to tell it by.
    pub fn ending(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }
}

impl Gender {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let rule = "Gender is free text of 1 to 32 characters, or left out.";
        plain_text(text, 32).map(Self).ok_or_else(|| Failure::invalid("gender", rule))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Password {
    /// For a password that is being set; `field` is the name that a refusal gives.
    pub fn choose(field: &str, text: &str) -> Result<Self, Failure> {
        if (10..=128).contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Failure::invalid(field, "A password has 10 to 128 characters."))
        }
    }

    /// For a password that is only compared. What is longer than any password can be is cut: it matches none.
    pub fn given(text: &str) -> Self {
        Self(text.chars().take(129).collect())
    }

    /// For hashing, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

fn plain_text(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    let fits = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded_in_characters_not_bytes() {
        assert_eq!(PersonName::parse("first_name", " Zoë ").unwrap().as_str(), "Zoë");
        assert!(PersonName::parse("last_name", &"ö".repeat(100)).is_ok());
        for text in ["", "   ", "a\u{7}b", "a\nb", &"x".repeat(101)] {
            assert_eq!(PersonName::parse("last_name", text).unwrap_err().field.as_deref(), Some("last_name"));
        }
    }

    #[test]
    fn a_telephone_number_is_kept_without_its_decoration() {
        assert_eq!(PhoneNumber::parse("+49 (151) 123-456.78").unwrap().as_str(), "+4915112345678");
        for text in ["", "015112345678", "+0123456789", "+1", "+12345678901234567", "+49x5112345678"] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_bounded_and_never_printed() {
        assert!(Password::choose("password", &"ä".repeat(10)).is_ok());
        let password = Password::choose("password", "correct horse").unwrap();
        assert!(!format!("{password:?}").contains("horse"));
        for text in ["", "short", &"x".repeat(129)] {
            let failure = Password::choose("new_password", text).unwrap_err();
            assert!(failure.detail.contains("10 to 128") && failure.field.as_deref() == Some("new_password"));
        }
        let (long, cut) = ("x".repeat(4_000), Password::given(&"x".repeat(4_000)));
        assert!(cut.expose() != long && Password::choose("password", cut.expose()).is_err());
    }
}
