//! Accounts: sign-up, one-time codes, login, tokens, sessions, personal tenants, admins and the keys that tokens are
//! signed with. Owns its users; everybody else keeps a copy built from `user.*`. Keeps API keys, and the list of who did
//! what, which all services report to.

pub mod config;
mod consumers;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod crypto;
pub mod domain;
mod events;
#[cfg(test)]
mod fakes;
mod gate;
mod grpc;
mod http;
pub mod peers;
pub mod ports;
#[cfg(test)]
mod samples;
pub mod store;
mod tasks;
#[cfg(test)]
mod testing;
mod use_cases;

use std::sync::Arc;

use kit::{Ambient, Failure, MasterKey, ServiceName};
use secrecy::SecretString;
use wire::auth::{Door, KeyRing};
use wire::health::Readiness;
use wire::limit::Limits;
use wire::service::{Service, Subscription};
use wire::task::Scheduled;

pub use config::UserConfig;
pub use store::sql::MIGRATIONS;

use consumers::{AuditCollector, TOPICS};
use crypto::JwtSigner;
use domain::Secrets;
use gate::LocalGate;
use ports::{
    AccountStore, ApiKeyStore, AuditArchive, AuditLog, CodeStore, Directory, EmailChanges, Holdings, KeptElsewhere,
    KeyStore, PasswordHasher, SessionStore, Settlements, Throttle,
};
use tasks::{AccountSweep, AccountWork, RetentionSweep, SigningKeyRotation};
use use_cases::App;

/// What this service is built from.
pub struct Deps {
    pub accounts: Arc<dyn AccountStore>,
    pub codes: Arc<dyn CodeStore>,
    pub throttle: Arc<dyn Throttle>,
    pub email_changes: Arc<dyn EmailChanges>,
    pub sessions: Arc<dyn SessionStore>,
    pub directory: Arc<dyn Directory>,
    pub settlements: Arc<dyn Settlements>,
    pub holdings: Arc<dyn Holdings>,
    pub kept: Arc<dyn KeptElsewhere>,
    pub keys: Arc<dyn KeyStore>,
    pub api_keys: Arc<dyn ApiKeyStore>,
    pub audit: Arc<dyn AuditLog>,
    pub archive: Arc<dyn AuditArchive>,
    pub passwords: Arc<dyn PasswordHasher>,
    pub master: MasterKey,
    pub ambient: Ambient,
    pub config: UserConfig,
    pub limits: Arc<Limits>,
    /// What the sign-up that makes the first admin must know; `None` where only this machine can reach us.
    pub setup_code: Option<SecretString>,
    /// Whether the platform has a gateway for text messages.
    pub sms: bool,
    /// Whether browsers reach us over TLS; only a listener of this machine's own does without.
    pub secure_cookies: bool,
}

/// Builds the service and makes the first signing key, so that no login finds none.
pub async fn build(deps: Deps) -> Result<Service, Failure> {
    deps.config.validate()?;
    let secrets = Secrets::new(&deps.master);
    let signer = JwtSigner::new(deps.keys.clone(), secrets.clone(), deps.config.keys(), deps.ambient.clone());
    let work =
        AccountWork { settlements: deps.settlements.clone(), holdings: deps.holdings, ambient: deps.ambient.clone() };
    let work = Scheduled::new(Arc::new(work));
    let app = Arc::new(App {
        accounts: deps.accounts,
        codes: deps.codes,
        throttle: deps.throttle,
        email_changes: deps.email_changes,
        sessions: deps.sessions,
        directory: deps.directory,
        settlements: deps.settlements,
        kept: deps.kept,
        keys: deps.keys,
        api_keys: deps.api_keys,
        audit: deps.audit,
        archive: deps.archive,
        passwords: deps.passwords,
        tokens: Arc::new(signer),
        secrets,
        ambient: deps.ambient,
        config: deps.config,
        setup_code: deps.setup_code,
        sms: deps.sms,
        secure_cookies: deps.secure_cookies,
        account_work: work.wake.clone(),
    });
    app.tokens.rotate().await?;
    let collector = AuditCollector { archive: app.archive.clone() };
    let readiness = Readiness::default();
    readiness.ok("user");
    Ok(Service {
        name: ServiceName::User,
        http: Some(http::routes(app.clone(), door(&app, deps.limits))),
        grpc: Some(grpc::grpc(app.clone())),
        tasks: tasks(&app, work),
        consumers: vec![Subscription { consumer: Arc::new(collector), topics: TOPICS.to_vec() }],
        readiness,
    })
}

/// User's own door: it asks its own store, where other services ask the verifier.
fn door(app: &Arc<App>, limits: Arc<Limits>) -> Door {
    let local = Arc::new(LocalGate(app.clone()));
    Door { keys: Arc::new(KeyRing::new(local.clone(), app.ambient.clone())), gate: local, limits }
}

fn tasks(app: &App, work: Scheduled) -> Vec<Scheduled> {
    let rotation = SigningKeyRotation { tokens: app.tokens.clone() };
    let sweep =
        AccountSweep { directory: app.directory.clone(), ambient: app.ambient.clone(), config: app.config.clone() };
    let retention = RetentionSweep {
        api_keys: app.api_keys.clone(),
        archive: app.archive.clone(),
        ambient: app.ambient.clone(),
        audit_life: app.config.audit_life.get(),
    };
    let timed: [Arc<dyn wire::Task>; 3] = [Arc::new(rotation), Arc::new(sweep), Arc::new(retention)];
    timed.into_iter().map(Scheduled::new).chain([work]).collect()
}
