//! Access tokens: JWTs signed with Ed25519. The private halves are opened into memory once and signed with from there.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::{Ambient, EventId, Failure, Timestamp};
use tokio::sync::RwLock;
use wire::auth::{AUDIENCE, ISSUER};

use crate::domain::{Claims, KeyLives, Secrets, SigningKey, signing_key};
use crate::ports::{KeyStore, TokenSigner};

/// Signs with the keys of a store.
pub struct JwtSigner {
    store: Arc<dyn KeyStore>,
    secrets: Secrets,
    lives: KeyLives,
    ambient: Ambient,
    loaded: RwLock<Loaded>,
}

#[derive(Default)]
struct Loaded {
    keys: Vec<SigningKey>,
    /// By `kid`.
    opened: HashMap<String, EncodingKey>,
}

impl JwtSigner {
    pub fn new(store: Arc<dyn KeyStore>, secrets: Secrets, lives: KeyLives, ambient: Ambient) -> Self {
        Self { store, secrets, lives, ambient, loaded: RwLock::default() }
    }

    async fn current(&self, at: Timestamp) -> Option<(String, EncodingKey)> {
        let loaded = self.loaded.read().await;
        let key = signing_key::signing(&loaded.keys, at)?;
        Some((key.kid.clone(), loaded.opened.get(&key.kid)?.clone()))
    }

    async fn load(&self) -> Result<(), Failure> {
        let keys = self.store.all().await?;
        let opened = keys.iter().map(|key| Ok((key.kid.clone(), self.open(key)?)));
        let opened = opened.collect::<Result<_, Failure>>()?;
        *self.loaded.write().await = Loaded { keys, opened };
        Ok(())
    }

    fn open(&self, key: &SigningKey) -> Result<EncodingKey, Failure> {
        let plain = self.secrets.signing().open(key.kid.as_bytes(), &key.sealed).map_err(|error| {
            Failure::internal(format!("{error}: the signing key {} needs the master key it was made under", key.kid))
        })?;
        let seed: [u8; 32] = plain.try_into().map_err(|_| Failure::internal("a signing key has 32 bytes"))?;
        let private = ed25519_dalek::SigningKey::from_bytes(&seed);
        let document = private.to_pkcs8_der().map_err(Failure::internal)?;
        Ok(EncodingKey::from_ed_der(document.as_bytes()))
    }

    fn mint(&self, signs_from: Timestamp, signs_until: Timestamp) -> SigningKey {
        let seed = self.ambient.bytes::<32>();
        let kid = EventId::mint(&self.ambient).to_string();
        SigningKey {
            public_key: ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes(),
            sealed: self.secrets.signing().seal(&self.ambient, kid.as_bytes(), &seed),
            kid,
            signs_from,
            signs_until,
        }
    }
}

#[async_trait]
impl TokenSigner for JwtSigner {
    async fn sign(&self, claims: Claims) -> Result<String, Failure> {
        let mut current = self.current(claims.issued_at).await;
        if current.is_none() {
            // Another replica may have made a key that this one has not seen yet; after a long sleep, nobody has.
            self.rotate().await?;
            current = self.current(claims.issued_at).await;
        }
        let (kid, key) = current.ok_or_else(|| Failure::internal("there is no key to sign with"))?;
        let claims = wire::auth::Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: claims.user,
            sid: claims.session,
            rev: claims.revision,
            iat: claims.issued_at.as_secs(),
            exp: claims.expires_at.as_secs(),
        };
        let header = Header { kid: Some(kid), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &key).map_err(Failure::internal)
    }

    async fn rotate(&self) -> Result<u64, Failure> {
        let now = self.ambient.now();
        let keys = self.store.all().await?;
        let mut done = self.store.forget(self.lives.forgotten_before(now)).await?;
        if let Some((from, until)) = self.lives.missing(&keys, now, signing_key::LOOK_EVERY) {
            done += u64::from(self.store.add(self.mint(from, until)).await?);
        }
        self.load().await?;
        Ok(done)
    }
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
