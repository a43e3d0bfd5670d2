//! The text of an API key, and what is kept and sent of it: a plain SHA-256, because 256 random bits need no slow or keyed
//! hash. The text itself is told once and never travels between services.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::Ambient;

/// What every key begins with, so that people and scanners for leaked secrets know one when they see it.
pub const PREFIX: &str = "berth_";
/// 32 bytes in base64.
const BODY: usize = 43;

/// A new key's text.
pub fn draw(ambient: &Ambient) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(ambient.bytes::<32>()))
}

/// What stands for a key; `None` for a text that cannot be one.
pub fn hash(text: &str) -> Option<[u8; 32]> {
    let body = text.strip_prefix(PREFIX)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (body.len() == BODY && body.bytes().all(plain)).then(|| Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_nothing_else_is_one() {
        let ambient = Ambient::system();
        let (one, other) = (draw(&ambient), draw(&ambient));
        assert!(one.starts_with(PREFIX) && one != other);
        assert!(hash(&one).is_some() && hash(&one) != hash(&other));
        for text in ["", "berth_", "eyJhbGciOi", &one[1..], &format!("{one}x"), &one.replace("berth_", "Berth_")] {
            assert_eq!(hash(text), None, "{text}");
        }
    }
}
