//! argon2id on blocking threads, at most one a core, so that logins cannot starve everything else.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use kit::{Ambient, ErrorCode, Failure};
use tokio::sync::Semaphore;

use crate::domain::Password;
use crate::ports::PasswordHasher;

/// Memory in KiB, passes and lanes: the second choice of RFC 9106 scaled as OWASP's password storage page has it.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes with at most `at_once` threads; who waits longer than `queue` gets `busy`.
pub struct Argon {
    ambient: Ambient,
    cores: Arc<Semaphore>,
    queue: Duration,
    /// Compared with where there is no account, so that its absence cannot be timed.
    dummy: String,
}

impl Argon {
    pub fn new(ambient: Ambient, at_once: usize, queue: Duration) -> Result<Self, Failure> {
        let dummy = hash(&ambient.password(24), &ambient.bytes::<16>())?;
        Ok(Self { ambient, cores: Arc::new(Semaphore::new(at_once)), queue, dummy })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let core = tokio::time::timeout(self.queue, self.cores.clone().acquire_owned()).await;
        let core = core.map_err(|_| Failure::of(ErrorCode::Busy))?.map_err(Failure::internal)?;
        // The permit goes with the work: a caller who leaves does not free a core that is still busy.
        let done = tokio::task::spawn_blocking(move || {
            let _core = core;
            work()
        });
        done.await.map_err(Failure::internal)?
    }
}

#[async_trait]
impl PasswordHasher for Argon {
    async fn hash(&self, password: Password) -> Result<String, Failure> {
        let salt = self.ambient.bytes::<16>();
        self.run(move || hash(password.expose(), &salt)).await
    }

    async fn verify(&self, password: Password, known: Option<String>) -> Result<bool, Failure> {
        let exists = known.is_some();
        let against = known.unwrap_or_else(|| self.dummy.clone());
        let same = self.run(move || {
            let parsed = PasswordHash::new(&against).map_err(Failure::internal)?;
            Ok(argon()?.verify_password(password.expose().as_bytes(), &parsed).is_ok())
        });
        Ok(same.await? && exists)
    }
}

fn argon() -> Result<Argon2<'static>, Failure> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(Failure::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str, salt: &[u8; 16]) -> Result<String, Failure> {
    let salt = SaltString::encode_b64(salt).map_err(Failure::internal)?;
    Ok(argon()?.hash_password(password.as_bytes(), &salt).map_err(Failure::internal)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argon_of(at_once: usize, queue: Duration) -> Argon {
        Argon::new(Ambient::system(), at_once, queue).unwrap()
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let argon = argon_of(2, Duration::from_secs(30));
        let hash = argon.hash(Password::given("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(argon.verify(Password::given("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!argon.verify(Password::given("wrong horse"), Some(hash)).await.unwrap());
        assert!(!argon.verify(Password::given("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn who_waits_too_long_for_a_core_is_told_to_come_back() {
        let argon = argon_of(1, Duration::from_millis(1));
        let busy = argon.cores.clone().acquire_owned().await.unwrap();
        let failure = argon.hash(Password::given("correct horse")).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::Busy);
        drop(busy);
        assert!(argon.hash(Password::given("correct horse")).await.is_ok());
    }
}
