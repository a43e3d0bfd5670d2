//! Joins user's ports to its database and to the services that it asks, and its passwords to this machine's cores.

use std::sync::Arc;

use berth_user::crypto::Argon;
use berth_user::peers::{AllocationHoldings, KeptByPeers};
use berth_user::ports::Throttle;
use berth_user::store::{RedisThrottle, SqlStore};
use berth_user::{Deps, MIGRATIONS};
use kit::{Failure, ServiceName};
use secrecy::SecretString;

use super::backings::Relational;
use crate::backing::Wired;
use crate::platform::Platform;

/// Opens `user.db` and builds the service on it.
pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let database =
        platform.relational(ServiceName::User, platform.config.user.database_url.as_ref(), &MIGRATIONS).await?;
    let store = Arc::new(SqlStore::new(database.clone(), platform.ambient.clone()));
    let config = platform.config.user.clone();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let passwords = Argon::new(platform.ambient.clone(), cores, config.password_queue.get())?;
    let peer = |callee| platform.peer(ServiceName::User, callee);
    let (allocation, feed, notification) =
        (peer(ServiceName::Allocation), peer(ServiceName::Feed), peer(ServiceName::Notification));
    let service = berth_user::build(Deps {
        accounts: store.clone(),
        codes: store.clone(),
        throttle: throttle(platform, &store)?,
        email_changes: store.clone(),
        sessions: store.clone(),
        directory: store.clone(),
        settlements: store.clone(),
        holdings: Arc::new(AllocationHoldings::new(&allocation)),
        kept: Arc::new(KeptByPeers::new(&allocation, &feed, &notification)),
        keys: store.clone(),
        api_keys: store.clone(),
        audit: store.clone(),
        archive: store,
        passwords: Arc::new(passwords),
        master: platform.master.clone(),
        ambient: platform.ambient.clone(),
        config,
        limits: platform.limits.clone(),
        setup_code: setup_code(platform),
        sms: platform.config.notification.sms_url.is_some(),
        secure_cookies: platform.public,
    })
    .await?;
    Ok(Wired::new(service, Relational { database, ambient: platform.ambient.clone() }))
}

/// Codes are counted in Redis where there is one.
fn throttle(platform: &Platform, store: &Arc<SqlStore>) -> Result<Arc<dyn Throttle>, Failure> {
    Ok(match platform.config.redis.open("codes", RedisThrottle::DEADLINE)? {
        Some(redis) => Arc::new(RedisThrottle::new(redis)),
        None => store.clone(),
    })
}

/// The configured code; a public platform always has one, because anybody could be the first to sign up.
fn setup_code(platform: &Platform) -> Option<SecretString> {
    let derived = || {
        // The same for every replica and after every start: whichever answers, it is the code that the log shows.
        let hash = platform.master.derive("user.setup_code").hash(b"");
        let code = format!("{:016x}", u64::from_be_bytes(*hash.first_chunk().expect("it has 32 bytes")));
        tracing::warn!("the first sign-up becomes the admin and needs this set-up code: {code}");
        code.into()
    };
    platform.config.setup_code.clone().or_else(|| platform.public.then(derived))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use kit::Ambient;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::config::Config;
    use crate::data_dir::DataDir;
    use crate::up;

    #[test]
    fn behind_a_proxy_on_the_same_machine_the_first_sign_up_needs_a_code() {
        let directory = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let data = DataDir::open(directory.path(), None, None, &ambient).unwrap();
        let address: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let mut config = Config { data_dir: directory.path().to_owned(), allow_file_mail: true, ..Config::default() };
        let alone = up::platform(config.clone(), ambient.clone(), &data, address).unwrap();
        assert!(setup_code(&alone).is_none());
        config.limits.trusted_proxies.push(address.ip());
        let proxied = || setup_code(&up::platform(config.clone(), ambient.clone(), &data, address).unwrap()).unwrap();
        let (one, other) = (proxied(), proxied());
        assert_eq!(one.expose_secret(), other.expose_secret(), "replicas ask for the same");
        assert_eq!(one.expose_secret().len(), 16);
    }
}
