//! E-mail addresses as accounts are named by: one spelling each, so that nobody has two accounts by accident.

use std::fmt;
use std::str::FromStr;

use kit::Failure;

/// A normalised address: trimmed, in lower case, at most 254 characters of ASCII (RFC 5321 bounds a path at 256 with its brackets).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let normal = text.trim().to_ascii_lowercase();
        let fits = normal.len() <= 254
            && normal.rsplit_once('@').is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
        if fits {
            Ok(Self(normal))
        } else {
            Err(Failure::invalid(
                "email",
                "An e-mail address looks like ada@example.org and has at most 254 characters.",
            ))
        }
    }
}

/// RFC 5322's dot-atom; quoted local parts are refused, as nearly every mail provider does.
fn is_local(local: &str) -> bool {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    local.len() <= 64 && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn is_domain(domain: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        assert_eq!(" Ada.L+x@Example.ORG ".parse::<Email>().unwrap().as_str(), "ada.l+x@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_field() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}org", "abcdefgh.".repeat(30));
        for text in
            ["", "ada", "@example.org", "ada@", "ada@x", "a b@example.org", "a@b@example.org", "ada@example..org"]
                .into_iter()
                .chain(["ada@-x.org", ".a@example.org", "a..b@example.org", "a\n@example.org", "ä@example.org"])
                .chain([long.as_str(), longer.as_str(), "a@example.org\r\nBcc: x@example.org"])
        {
            assert_eq!(text.parse::<Email>().unwrap_err().field.as_deref(), Some("email"), "{text:?}");
        }
    }
}
