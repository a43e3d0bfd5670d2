//! An image reference that is safe in the engine's paths and always names one image.

use std::fmt;
use std::str::FromStr;

use kit::Failure;

/// A reference with a tag or a digest: without one, a pull would fetch every tag there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRef(String);

impl ImageRef {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ImageRef {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._/:@-".contains(&b);
        let clean =
            (1..=300).contains(&text.len()) && text.bytes().all(plain) && text.as_bytes()[0].is_ascii_alphanumeric();
        if !clean || text.contains("..") || text.contains("//") {
            return Err(Failure::invalid("image", "an image is a reference such as redis:7.0"));
        }
        let last = text.rsplit('/').next().unwrap_or(text);
        if last.contains(':') || last.contains('@') {
            Ok(Self(text.to_owned()))
        } else {
            Ok(Self(format!("{text}:latest")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_always_names_one_image() {
        for (text, expected) in [
            ("redis", "redis:latest"),
            ("redis:7.0", "redis:7.0"),
            ("registry.example:5000/a/b", "registry.example:5000/a/b:latest"),
            ("a/b@sha256:00", "a/b@sha256:00"),
        ] {
            assert_eq!(text.parse::<ImageRef>().unwrap().as_str(), expected);
        }
    }

    #[test]
    fn what_could_leave_the_engines_path_is_refused() {
        for text in ["", "../containers/x", "a//b", "/a", "a?b", "a b", "a%2f", "-a", "a/..", "a#b"] {
            assert!(text.parse::<ImageRef>().is_err(), "{text}");
        }
    }
}
