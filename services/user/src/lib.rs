//! Accounts: sign-up, one-time codes, login, tokens, sessions, personal tenants, admins and the keys that tokens are
//! signed with. Owns its users; everybody else keeps a copy built from `user.*`.

pub mod config;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod crypto;
pub mod domain;
mod events;
mod gate;
mod grpc;
mod http;
pub mod ports;
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
use wire::service::Service;
use wire::task::Scheduled;

pub use config::UserConfig;
pub use store::sqlite::MIGRATIONS;

use crypto::JwtSigner;
use domain::Secrets;
use gate::LocalGate;
use ports::{AccountStore, CodeStore, Directory, KeyStore, PasswordHasher, SessionStore};
use tasks::{AccountSweep, SigningKeyRotation};
use use_cases::App;

/// What this service is built from.
pub struct Deps {
    pub accounts: Arc<dyn AccountStore>,
    pub codes: Arc<dyn CodeStore>,
    pub sessions: Arc<dyn SessionStore>,
    pub directory: Arc<dyn Directory>,
    pub keys: Arc<dyn KeyStore>,
    pub passwords: Arc<dyn PasswordHasher>,
    pub master: MasterKey,
    pub ambient: Ambient,
    pub config: UserConfig,
    pub limits: Arc<Limits>,
    /// What the sign-up that makes the first admin must know; `None` where only this machine can reach us.
    pub setup_code: Option<SecretString>,
}

/// Builds the service and makes the first signing key, so that no login finds none.
pub async fn build(deps: Deps) -> Result<Service, Failure> {
    deps.config.validate()?;
    let secrets = Secrets::new(&deps.master);
    let signer = JwtSigner::new(deps.keys.clone(), secrets.clone(), deps.config.keys(), deps.ambient.clone());
    let app = Arc::new(App {
        accounts: deps.accounts,
        codes: deps.codes,
        sessions: deps.sessions,
        directory: deps.directory,
        keys: deps.keys,
        passwords: deps.passwords,
        tokens: Arc::new(signer),
        secrets,
        ambient: deps.ambient,
        config: deps.config,
        setup_code: deps.setup_code,
    });
    app.tokens.rotate().await?;
    let readiness = Readiness::default();
    readiness.ok("user");
    Ok(Service {
        name: ServiceName::User,
        http: Some(http::routes(app.clone(), door(&app, deps.limits))),
        grpc: Some(grpc::grpc(app.clone())),
        tasks: tasks(&app),
        consumers: Vec::new(),
        readiness,
    })
}

/// User's own door: it asks its own store, where other services ask the verifier.
fn door(app: &Arc<App>, limits: Arc<Limits>) -> Door {
    let local = Arc::new(LocalGate(app.clone()));
    Door { keys: Arc::new(KeyRing::new(local.clone(), app.ambient.clone())), gate: local, limits }
}

fn tasks(app: &App) -> Vec<Scheduled> {
    let rotation = SigningKeyRotation { tokens: app.tokens.clone() };
    let sweep =
        AccountSweep { directory: app.directory.clone(), ambient: app.ambient.clone(), config: app.config.clone() };
    vec![Scheduled::new(Arc::new(rotation)), Scheduled::new(Arc::new(sweep))]
}
