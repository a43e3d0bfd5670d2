//! What any implementation of this service's stores must do. A suite runs against a world of its own per case.

mod accounts;
mod api_keys;
mod audit;
mod codes;
mod directory;
mod email_changes;
mod keys;
mod listing;
mod phones;
#[cfg(test)]
mod replicas;
mod sessions;
mod settlements;
#[cfg(test)]
mod tests;
mod throttle;
#[cfg(test)]
mod throttle_tests;
#[cfg(test)]
mod wrong;
#[cfg(test)]
mod wrong_audit;
#[cfg(test)]
mod wrong_closings;
#[cfg(test)]
mod wrong_keys;

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use kit::{Act, Ambient, Failure, MasterKey, SessionId, TenantId, UserId};
use testkit::TestClock;

pub use accounts::account_store;
pub use api_keys::api_key_store;
pub use audit::audit_list;
pub use codes::code_store;
pub use directory::directory;
pub use email_changes::email_changes;
pub use keys::key_store;
pub use listing::user_listing;
pub use phones::proven_phones;
pub use sessions::session_store;
pub use settlements::settlements;
pub use throttle::{Passes, throttle};

use crate::config::UserConfig;
use crate::domain::{
    Attempt, Changes, Channel, CodeRules, Credentials, Edit, Email, NewAccount, NewCode, NewSession, NewToken,
    PersonName, PhoneNumber, Profile, Purpose, Secrets, User,
};
use crate::ports::{
    AccountStore, ApiKeyStore, AuditArchive, AuditLog, CodeStore, Directory, EmailChanges, KeyStore, SessionStore,
    Settlements, Throttle,
};

/// One empty store behind all ports, with a clock that the case moves.
#[derive(Clone)]
pub struct World {
    pub accounts: Arc<dyn AccountStore>,
    pub codes: Arc<dyn CodeStore>,
    pub email_changes: Arc<dyn EmailChanges>,
    pub sessions: Arc<dyn SessionStore>,
    pub directory: Arc<dyn Directory>,
    pub settlements: Arc<dyn Settlements>,
    pub keys: Arc<dyn KeyStore>,
    pub api_keys: Arc<dyn ApiKeyStore>,
    pub audit: Arc<dyn AuditLog>,
    pub archive: Arc<dyn AuditArchive>,
    pub throttle: Arc<dyn Throttle>,
    pub clock: TestClock,
    /// What the throttle goes by; another clock where it has one of its own.
    pub time: Arc<dyn Passes>,
    pub ambient: Ambient,
    secrets: Secrets,
    /// What must live as long as the world: a directory, a server.
    _keep: Arc<dyn Any + Send + Sync>,
}

/// Every user's password hash in these suites; stores do not look inside.
const HASH: &str = "$argon2id$a";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl World {
    /// A world on a store that implements every port and takes its time from `clock`.
    pub fn new<S>(store: S, clock: TestClock, keep: impl Any + Send + Sync) -> Self
    where
        S: AccountStore + CodeStore + EmailChanges + SessionStore + Directory + Settlements + KeyStore + 'static,
        S: ApiKeyStore + AuditLog + AuditArchive + Throttle,
    {
        let (store, ambient) = (Arc::new(store), clock.ambient());
        Self {
            accounts: store.clone(),
            codes: store.clone(),
            email_changes: store.clone(),
            sessions: store.clone(),
            directory: store.clone(),
            settlements: store.clone(),
            keys: store.clone(),
            api_keys: store.clone(),
            audit: store.clone(),
            archive: store.clone(),
            throttle: store,
            time: Arc::new(clock.clone()),
            secrets: Secrets::new(&MasterKey::mint(&ambient)),
            clock,
            ambient,
            _keep: Arc::new(keep),
        }
    }

    fn rules() -> CodeRules {
        UserConfig::default().codes()
    }

    /// A code whose hash is that of `digits`, which the real one never tells.
    fn code(&self, address: &str, purpose: Purpose, digits: &str) -> NewCode {
        let email = email(address);
        let hash = self.secrets.code_hash(&email, purpose, digits);
        NewCode { hash, ..NewCode::draw(&self.ambient, &self.secrets, &Self::rules(), &email, purpose) }
    }

    fn account(&self, address: &str) -> NewAccount {
        let at = self.ambient.now();
        NewAccount {
            id: UserId::mint(&self.ambient),
            tenant: TenantId::mint(&self.ambient),
            email: email(address),
            profile: profile(),
            password_hash: HASH.to_owned(),
            may_found: true,
            at,
            yields_before: at.minus(DAY),
        }
    }

    async fn sign_up(&self, address: &str) -> Result<User, Failure> {
        let code = self.code(address, Purpose::Verify, "111111");
        self.accounts.create(self.account(address), code, acting("user.signup", None)).await
    }

    /// Signed up and verified.
    async fn verified(&self, address: &str) -> User {
        self.sign_up(address).await.unwrap();
        self.verify(address, "111111", 1).await.expect("the right code verifies")
    }

    fn attempt(&self, address: &str, purpose: Purpose, digits: &str, host: u8) -> Attempt {
        let email = email(address);
        let hash = self.secrets.code_hash(&email, purpose, digits);
        let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, host));
        Attempt { email, purpose, hash, from, at: self.ambient.now() }
    }

    async fn try_code(&self, attempt: Attempt) -> Result<Option<User>, Failure> {
        self.codes.verify(attempt, Self::rules(), acting("user.verify", None)).await
    }

    /// Verified by a text to this number, and by nothing else.
    async fn verified_by_text(&self, address: &str, number: &str) -> User {
        let user = self.sign_up(address).await.unwrap();
        self.set_phone(user.id, Some(number)).await;
        self.clock.advance(HOUR);
        self.text(address, Purpose::Verify, "222222").await;
        self.verify(address, "222222", 1).await.expect("the right code verifies")
    }

    async fn verify(&self, address: &str, digits: &str, host: u8) -> Option<User> {
        let attempt = self.attempt(address, Purpose::Verify, digits, host);
        self.codes.verify(attempt, Self::rules(), acting("user.verify", None)).await.unwrap()
    }

    async fn send(&self, address: &str, purpose: Purpose, digits: &str) -> Result<(), Failure> {
        self.codes.send(&email(address), self.code(address, purpose, digits), Self::rules()).await
    }

    async fn reset(&self, address: &str, digits: &str, hash: &str) -> bool {
        let attempt = self.attempt(address, Purpose::Reset, digits, 1);
        let act = acting("user.password_reset", None);
        self.codes.reset(attempt, hash.to_owned(), Self::rules(), act).await.unwrap()
    }

    fn token(&self, text: &str) -> NewToken {
        NewToken { hash: self.secrets.token_hash(text), expires_at: self.ambient.now().plus(30 * DAY) }
    }

    /// What a login compared with, as it would be with this hash.
    async fn known(&self, user: UserId, hash: &str) -> Credentials {
        let known = self.accounts.own_credentials(user).await.unwrap().expect("the account is there");
        Credentials { password_hash: hash.to_owned(), ..known }
    }

    /// Opens a session with the password hash that a login saw.
    async fn open(&self, user: UserId, hash: &str, token: &str) -> Result<Option<SessionId>, Failure> {
        let login = self.known(user, hash).await;
        let new = NewSession {
            id: SessionId::mint(&self.ambient),
            address: "192.0.2.1".to_owned(),
            agent: "test/1".to_owned(),
            place: [1; 32],
            token: self.token(token),
            at: self.ambient.now(),
        };
        let id = new.id;
        let opened = self.sessions.open(login, new, acting("user.login", Some(user))).await?;
        Ok(opened.map(|_| id))
    }

    async fn logged_in(&self, user: UserId, token: &str) -> SessionId {
        self.open(user, HASH, token).await.unwrap().expect("the password is right")
    }

    async fn set_phone(&self, user: UserId, number: Option<&str>) -> User {
        let number = number.map(|number| PhoneNumber::parse(number).expect("a plain number"));
        let changes = Changes { phone_number: number.map_or(Edit::Clear, Edit::Set), ..Changes::default() };
        let known = self.known(user, HASH).await;
        let act = acting("user.update", None);
        let updated = self.accounts.update(user, changes, Some(known), self.ambient.now(), act).await.unwrap();
        updated.expect("the account is there")
    }

    /// As who does not give a password.
    async fn update(&self, user: UserId, changes: Changes) -> Option<User> {
        self.accounts.update(user, changes, None, self.ambient.now(), acting("user.update", None)).await.unwrap()
    }

    async fn text(&self, address: &str, purpose: Purpose, digits: &str) {
        let code = NewCode { channel: Channel::Sms, ..self.code(address, purpose, digits) };
        self.codes.send(&email(address), code, Self::rules()).await.unwrap();
    }

    async fn set_admin(&self, user: UserId, admin: bool) -> Result<Option<User>, Failure> {
        self.directory.set_admin(user, admin, self.ambient.now(), acting("user.admin", Some(user))).await
    }

    async fn suspend(&self, user: UserId) -> Result<Option<User>, Failure> {
        self.settlements.suspend(user, self.ambient.now(), acting("user.suspend", Some(user))).await
    }

    async fn leave(&self, user: UserId) -> Result<bool, Failure> {
        self.settlements.leave(user, self.ambient.now(), acting("user.delete", Some(user))).await
    }

    /// Why what was closed in the last hour was closed, and whether all of a user's was.
    async fn reasons(&self) -> Vec<(bool, String)> {
        let since = self.ambient.now().minus(HOUR);
        let closed = self.directory.closed_since(0, since, 100).await.unwrap();
        closed.into_iter().map(|closure| (closure.session.is_none(), closure.reason)).collect()
    }

    async fn is_open(&self, user: UserId, session: SessionId) -> bool {
        self.sessions.bearer(user, session, self.ambient.now()).await.unwrap().is_some()
    }
}

/// What a change is recorded as; by an admin where one is named.
fn acting(action: &str, by: Option<UserId>) -> Act {
    Act { actor: by, as_admin: by.is_some(), ..Act::anonymous(action, "user", "") }
}

fn email(address: &str) -> Email {
    address.parse().expect("a plain address")
}

fn profile() -> Profile {
    let name = |text| PersonName::parse("first_name", text).expect("a plain name");
    Profile {
        first_name: name("Ada"),
        last_name: name("Lovelace"),
        phone_number: None,
        gender: None,
        email_notification: true,
        sms_notification: false,
    }
}
