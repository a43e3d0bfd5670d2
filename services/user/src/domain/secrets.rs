//! The keys under which codes, refresh tokens, places and signing keys are kept, and what is done with each.

use std::net::IpAddr;

use kit::net::network_of;
use kit::{Ambient, EventId, MasterKey, SealingKey};

use super::{Email, Purpose};

/// Derived from the master key, one for each purpose.
#[derive(Clone)]
pub struct Secrets {
    codes: SealingKey,
    /// Shared with notification, which opens what is sealed here.
    shared: SealingKey,
    tokens: SealingKey,
    signing: SealingKey,
    places: SealingKey,
}

impl Secrets {
    pub fn new(master: &MasterKey) -> Self {
        Self {
            codes: master.derive("user.codes"),
            shared: master.derive("user-notification.codes"),
            tokens: master.derive("user.refresh_tokens"),
            signing: master.derive("user.signing_keys"),
            places: master.derive("user.login_places"),
        }
    }

    /// What is kept of a code. Bound to address and purpose: a code for one opens nothing else.
    pub fn code_hash(&self, email: &Email, purpose: Purpose, code: &str) -> [u8; 32] {
        self.codes.hash(format!("{}\n{email}\n{code}", purpose.as_str()).as_bytes())
    }

    /// What is kept of an address that a code was asked for: it may be nobody's.
    pub fn recipient(&self, email: &Email) -> [u8; 32] {
        self.codes.hash(format!("recipient\n{email}").as_bytes())
    }

    /// The code as notification gets it; opens only for this request.
    pub fn seal_code(&self, ambient: &Ambient, request: EventId, code: &str) -> Vec<u8> {
        self.shared.seal(ambient, request.to_string().as_bytes(), code.as_bytes())
    }

    /// What is kept of a place that somebody logged in from.
    pub fn place(&self, from: IpAddr, agent: &str) -> [u8; 32] {
        self.places.hash(format!("{}\n{agent}", network_of(from)).as_bytes())
    }

    pub fn token_hash(&self, token: &str) -> [u8; 32] {
        self.tokens.hash(token.as_bytes())
    }

    /// The key that a private signing key is sealed under, with its `kid` as context.
    pub const fn signing(&self) -> &SealingKey {
        &self.signing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codes_hash_belongs_to_one_address_and_purpose() {
        let secrets = Secrets::new(&MasterKey::mint(&Ambient::system()));
        let (ada, bob): (Email, Email) = ("ada@example.org".parse().unwrap(), "bob@example.org".parse().unwrap());
        let hash = secrets.code_hash(&ada, Purpose::Verify, "123456");
        assert_eq!(hash, secrets.code_hash(&ada, Purpose::Verify, "123456"));
        assert_ne!(hash, secrets.code_hash(&bob, Purpose::Verify, "123456"));
        assert_ne!(hash, secrets.code_hash(&ada, Purpose::Reset, "123456"));
        assert_ne!(hash, secrets.code_hash(&ada, Purpose::Verify, "123457"));
    }
}
