//! Secrets at rest: sealed with XChaCha20-Poly1305 under keys that are derived from one master key by purpose.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::Ambient;

/// The key that all others come from. Kept in a file of mode 600, or wherever `…_FILE` says; never printed.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

/// A key for one purpose. What one purpose seals, another cannot open.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

/// The sealed text was changed, was made for another context, or under another key.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open: it was changed, or belongs to another key or place")]
pub struct DoesNotOpen;

impl MasterKey {
    pub fn mint(ambient: &Ambient) -> Self {
        Self(ambient.bytes())
    }

    /// Base64 of the 32 bytes, as the key file holds it.
    pub fn encode(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// `None` unless it is base64 of 32 bytes.
    pub fn decode(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// The key for a purpose such as `user.signing_keys`: HMAC-SHA-256 of its name.
    pub fn derive(&self, purpose: &str) -> SealingKey {
        SealingKey(mac(&self.0, purpose.as_bytes()))
    }
}

impl SealingKey {
    /// Nonce and ciphertext. `context` (an id, say) is bound to it: the value cannot be moved to another row.
    pub fn seal(&self, ambient: &Ambient, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = ambient.bytes::<24>();
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
            .expect("a value in memory is far below the cipher's bound");
        [nonce.as_slice(), &sealed].concat()
    }

    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let (nonce, body) = sealed.split_first_chunk::<24>().ok_or(DoesNotOpen)?;
        self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: context }).map_err(|_| DoesNotOpen)
    }

    /// A keyed hash, for what is only ever compared (codes, refresh tokens, fingerprints).
    pub fn hash(&self, value: &[u8]) -> [u8; 32] {
        mac(&self.0, value)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

/// Compares without telling by its time how much agrees.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(one, other).into()
}

fn mac(key: &[u8; 32], value: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(value);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_where_it_belongs() {
        let ambient = Ambient::system();
        let master = MasterKey::mint(&ambient);
        let key = master.derive("allocation.secrets");
        let mut sealed = key.seal(&ambient, b"row 1", b"hunter2");
        assert_eq!(key.open(b"row 1", &sealed).unwrap(), b"hunter2");
        assert!(key.open(b"row 2", &sealed).is_err());
        assert!(master.derive("user.codes").open(b"row 1", &sealed).is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(key.open(b"row 1", &sealed).is_err());
        assert!(key.open(b"row 1", b"short").is_err());
    }

    #[test]
    fn a_master_key_survives_its_file() {
        let master = MasterKey::mint(&Ambient::system());
        let read = MasterKey::decode(&format!("{}\n", master.encode())).unwrap();
        assert_eq!(read.derive("x").hash(b"y"), master.derive("x").hash(b"y"));
        assert!(MasterKey::decode("c2hvcnQ=").is_none());
    }
}
