//! A door for tests of endpoints: its tokens are really signed and checked, its gate answers as the verifier does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::{Access, Ambient, Caller, ErrorCode, Failure, Role, Scope, SessionId, TenantId, UserId};
use proto::v1::{CheckRequest, Need};
use wire::auth::{AUDIENCE, Claims, Gate, ISSUER, KeySource};
use wire::limit::{Limits, LimitsConfig};
use wire::{Door, KeyRing};

const KID: &str = "test";

/// What somebody is on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Unverified,
    Verified,
    Admin,
}

/// Lets in whoever it made a token for.
#[derive(Clone)]
pub struct TestDoor(Arc<Inner>);

struct Inner {
    ambient: Ambient,
    key: SigningKey,
    callers: Mutex<HashMap<UserId, Caller>>,
    /// By hash.
    keys: Mutex<HashMap<Vec<u8>, Caller>>,
}

impl TestDoor {
    pub fn new(ambient: &Ambient) -> Self {
        let key = SigningKey::from_bytes(&ambient.bytes());
        Self(Arc::new(Inner { ambient: ambient.clone(), key, callers: Mutex::default(), keys: Mutex::default() }))
    }

    /// What a service is built with.
    pub fn door(&self) -> Door {
        Door {
            keys: Arc::new(KeyRing::new(self.0.clone(), self.0.ambient.clone())),
            gate: self.0.clone(),
            limits: Limits::new(&LimitsConfig::default()),
        }
    }

    /// Somebody new, with a token of 15 minutes.
    ///
    /// # Panics
    /// When the token cannot be signed.
    pub fn login(&self, who: Who) -> (Caller, String) {
        let ambient = &self.0.ambient;
        let caller = Caller {
            user: UserId::mint(ambient),
            tenant: TenantId::mint(ambient),
            role: Role::Owner,
            access: Access::Login,
            session: SessionId::mint(ambient),
            verified: who != Who::Unverified,
            admin: who == Who::Admin,
        };
        self.0.callers.lock().unwrap_or_else(PoisonError::into_inner).insert(caller.user, caller.clone());
        let iat = ambient.now().as_secs();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: caller.user,
            sid: caller.session,
            rev: 1,
            iat,
            exp: iat + 900,
        };
        let header = Header { kid: Some(KID.to_owned()), ..Header::new(Algorithm::EdDSA) };
        let document = self.0.key.to_pkcs8_der().expect("a key can be written down");
        let key = EncodingKey::from_ed_der(document.as_bytes());
        let token = jsonwebtoken::encode(&header, &claims, &key).expect("claims can be signed");
        (caller, token)
    }

    /// An API key of somebody's with these scopes.
    pub fn api_key(&self, caller: &Caller, scopes: &[Scope]) -> String {
        let text = kit::api_key::draw(&self.0.ambient);
        let hash = kit::api_key::hash(&text).unwrap_or_default().to_vec();
        let caller = Caller { access: Access::Key(scopes.to_vec()), ..caller.clone() };
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(hash, caller);
        text
    }

    /// The `Authorization` header of somebody new.
    pub fn bearer(&self, who: Who) -> (&'static str, String) {
        ("authorization", format!("Bearer {}", self.login(who).1))
    }
}

#[async_trait]
impl KeySource for Inner {
    async fn keys(&self) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        Ok(vec![(KID.to_owned(), self.key.verifying_key().to_bytes().to_vec())])
    }
}

#[async_trait]
impl Gate for Inner {
    async fn check(&self, request: CheckRequest) -> Result<Caller, Failure> {
        let caller = if request.api_key.is_empty() {
            let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
            request.user_id.parse().ok().and_then(|user: UserId| callers.get(&user).cloned())
        } else {
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&request.api_key).cloned()
        };
        let caller = caller.ok_or_else(|| Failure::of(ErrorCode::SessionClosed))?;
        if request.tenant_id.as_ref().is_some_and(|tenant| *tenant != caller.tenant.to_string()) {
            return Err(Failure::of(ErrorCode::Forbidden));
        }
        match request.need() {
            Need::Verified | Need::Admin if !caller.verified => Err(Failure::of(ErrorCode::UserNotVerified)),
            Need::Admin if !caller.admin => Err(Failure::of(ErrorCode::Forbidden)),
            Need::Unspecified => Err(Failure::internal("no need was named")),
            Need::User | Need::Verified | Need::Admin => Ok(caller),
        }
    }
}
