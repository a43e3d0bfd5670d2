//! Who calls over REST: the token's signature is checked here, all that can change is asked of the gate.
//! An argument's type says who may call: `Authenticated`, `Verified` or `Admin`, and by its parameter which scope an API
//! key needs: `Verified<AllocationsRead>`. What names no scope is closed to keys.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::{Method, header::AUTHORIZATION};
use actix_web::{FromRequest, HttpRequest, web};
use async_trait::async_trait;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use kit::{Ambient, Caller, ErrorCode, Failure, Scope, SessionId, TenantId, UserId, api_key};
use proto::v1::{CheckRequest, Need};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;

use crate::Problem;
use crate::limit::Limits;

/// Who issues tokens, and for whom.
pub const ISSUER: &str = "berth";
pub const AUDIENCE: &str = "berth";
/// Names the tenant that a request is about; the personal one where absent.
pub const TENANT_HEADER: &str = "berth-tenant";

/// What an access token says. Times are seconds since the epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub sid: SessionId,
    /// The user's revision when the token was issued: the least that a reader must know.
    pub rev: u64,
    pub iat: i64,
    pub exp: i64,
}

/// Answers who a token's bearer is now. Over gRPC it is the verifier; the user service asks its own store.
#[async_trait]
pub trait Gate: Send + Sync {
    async fn check(&self, request: CheckRequest) -> Result<Caller, Failure>;
}

/// Where public keys come from, by key id.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Every key that may sign now or soon: id and the 32 bytes of the Ed25519 public key.
    async fn keys(&self) -> Result<Vec<(String, Vec<u8>)>, Failure>;
}

/// Public keys, fetched again when a token names one that is not there.
pub struct KeyRing {
    source: Arc<dyn KeySource>,
    known: RwLock<Known>,
    ambient: Ambient,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    fetched: Option<kit::Timestamp>,
}

impl KeyRing {
    /// Not more often than this are keys fetched because of an unknown id: it may be anybody's invention.
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

    pub fn new(source: Arc<dyn KeySource>, ambient: Ambient) -> Self {
        Self { source, known: RwLock::default(), ambient }
    }

    /// The time by the clock that tokens are judged with.
    pub fn now(&self) -> kit::Timestamp {
        self.ambient.now()
    }

    /// The claims of a token whose signature, issuer, audience and expiry hold.
    pub async fn claims(&self, token: &str) -> Result<Claims, Failure> {
        let refused = || Failure::of(ErrorCode::Unauthenticated);
        if token.len() > 4096 {
            return Err(refused());
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused())?;
        let key = self.key(&header.kid.ok_or_else(refused)?).await?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // Expiry is checked below against our own clock, which tests may move.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| refused())?.claims;
        if claims.exp <= self.ambient.now().as_secs() {
            return Err(Failure::of(ErrorCode::TokenExpired));
        }
        Ok(claims)
    }

    async fn key(&self, id: &str) -> Result<DecodingKey, Failure> {
        if let Some(key) = self.known.read().await.keys.get(id) {
            return Ok(key.clone());
        }
        let mut known = self.known.write().await;
        let now = self.ambient.now();
        if known.fetched.is_none_or(|at| now.since(at) >= Self::PAUSE) {
            let keys = self.source.keys().await?;
            known.keys = keys.into_iter().map(|(id, bytes)| (id, DecodingKey::from_ed_der(&bytes))).collect();
            known.fetched = Some(now);
        }
        known.keys.get(id).cloned().ok_or_else(|| Failure::of(ErrorCode::Unauthenticated))
    }
}

/// What a service needs to tell who calls; its `app_data`.
#[derive(Clone)]
pub struct Door {
    pub keys: Arc<KeyRing>,
    pub gate: Arc<dyn Gate>,
    pub limits: Arc<Limits>,
}

/// What a call asks of whoever makes it.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    pub need: Need,
    /// What an API key must have; closed to keys where there is none.
    pub scope: Option<Scope>,
    pub tenant: Option<TenantId>,
    pub writes: bool,
}

impl Door {
    /// Who sends this token or API key, if that one may do what is needed.
    pub async fn admit(&self, token: &str, needs: Needs) -> Result<Caller, Failure> {
        let question = self.question(token, needs).await?;
        self.answer(question, needs.scope).await
    }

    /// Who was asked about, if an API key has the scope that is needed.
    pub async fn answer(&self, question: CheckRequest, scope: Option<Scope>) -> Result<Caller, Failure> {
        let caller = self.ask(question).await?;
        if caller.access.permits(scope) {
            return Ok(caller);
        }
        let detail = match scope {
            Some(scope) => format!("This API key lacks the scope {scope}."),
            None => "No API key may do this: log in.".to_owned(),
        };
        Err(Failure::new(ErrorCode::ScopeMissing, detail))
    }

    /// Asks the gate, counting API keys against their users, whom only the answer names.
    async fn ask(&self, request: CheckRequest) -> Result<Caller, Failure> {
        let by_key = !request.api_key.is_empty();
        let caller = self.gate.check(request).await?;
        if by_key {
            self.limits.caller(caller.user)?;
        }
        Ok(caller)
    }

    /// What the gate is asked about a token or key; a token's signature holds then.
    pub async fn question(&self, token: &str, needs: Needs) -> Result<CheckRequest, Failure> {
        let common = CheckRequest {
            tenant_id: needs.tenant.map(|tenant| tenant.to_string()),
            need: needs.need.into(),
            writes: needs.writes,
            ..CheckRequest::default()
        };
        if let Some(hash) = api_key::hash(token) {
            return Ok(CheckRequest { api_key: hash.to_vec(), ..common });
        }
        let claims = self.keys.claims(token).await?;
        self.limits.caller(claims.sub)?;
        Ok(CheckRequest {
            user_id: claims.sub.to_string(),
            session_id: claims.sid.to_string(),
            user_revision: claims.rev,
            issued_at: claims.iat * 1_000_000,
            ..common
        })
    }

    async fn admit_request(request: HttpRequest, need: Need, scope: Option<Scope>) -> Result<Caller, Problem> {
        let token = bearer(&request).ok_or_else(|| Failure::of(ErrorCode::Unauthenticated))?;
        Ok(Self::of(&request)?.admit(token, needs(&request, need, scope)?).await?)
    }

    /// Who sends this request, whatever that one may do.
    async fn identify(request: HttpRequest) -> Result<Caller, Problem> {
        let token = bearer(&request).ok_or_else(|| Failure::of(ErrorCode::Unauthenticated))?;
        let door = Self::of(&request)?;
        let question = door.question(token, needs(&request, Need::User, None)?).await?;
        Ok(door.ask(question).await?)
    }

    fn of(request: &HttpRequest) -> Result<web::Data<Self>, Failure> {
        request.app_data::<web::Data<Self>>().cloned().ok_or_else(|| Failure::internal("no door was set up"))
    }
}

/// What a request needs, with the tenant that it names.
fn needs(request: &HttpRequest, need: Need, scope: Option<Scope>) -> Result<Needs, Failure> {
    let tenant = request.headers().get(TENANT_HEADER).map(|value| {
        let parsed = value.to_str().ok().and_then(|text| text.parse::<TenantId>().ok());
        parsed.ok_or_else(|| Failure::invalid("Berth-Tenant", "The Berth-Tenant header is a tenant's id."))
    });
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    Ok(Needs { need, scope, tenant: tenant.transpose()?, writes })
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The scope that an operation needs of an API key, as a type: what `Verified<…>` and its like take.
pub trait Scoped: 'static {
    const SCOPE: Option<Scope>;
}

/// The scopes as types.
pub mod scope {
    use super::{Scope, Scoped};

    macro_rules! types {
        ($($name:ident)*) => {$(
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Scoped for $name {
                const SCOPE: Option<Scope> = Some(Scope::$name);
            }
        )*};
    }

    types! {
        ProfileRead ProfileWrite AllocationsRead AllocationsWrite ConnectionsRead LogsRead FeedWrite
        NotificationsRead NotificationsWrite AdminRead AdminWrite
    }

    /// No API key will do.
    #[derive(Clone, Copy, Debug)]
    pub struct LoginOnly;

    impl Scoped for LoginOnly {
        const SCOPE: Option<Scope> = None;
    }
}

macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident = $need:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name<S = scope::LoginOnly>(pub Caller, PhantomData<S>);

        impl<S> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<S> std::ops::Deref for $name<S> {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }

        impl<S: Scoped> FromRequest for $name<S> {
            type Error = Problem;
            type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move {
                    let caller = Door::admit_request(request, Need::$need, S::SCOPE).await?;
                    Ok(Self(caller, PhantomData))
                })
            }
        }
    )*};
}

callers! {
    /// Any user whose session is open.
    Authenticated = User;
    /// A user who proved the e-mail address.
    Verified = Verified;
    /// A verified user who is an admin.
    Admin = Admin;
}

/// Somebody who may be known: a list that everybody reads and that shows more to some. Any API key will do.
#[derive(Clone, Debug)]
pub struct Anyone(pub Option<Caller>);

impl FromRequest for Anyone {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if bearer(&request).is_none() {
                return Ok(Self(None));
            }
            Door::identify(request).await.map(|caller| Self(Some(caller)))
        })
    }
}
