//! By what the client comes in at each platform: a login, whose refresh token works once, or an API key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contexts::Place;
use crate::directory::{Directory, Lock};
use crate::failure::Failure;

const FILE: &str = "credentials.json";

/// What was got by logging in at one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub email: String,
    pub access_token: String,
    pub refresh_token: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Credential {
    Login(Login),
    Key { api_key: String },
}

impl Credential {
    /// What goes into the `Authorization` header.
    pub fn bearer(&self) -> &str {
        match self {
            Self::Login(login) => &login.access_token,
            Self::Key { api_key } => api_key,
        }
    }

    /// Who it is, for lists; never the secret.
    pub fn shown(&self) -> &str {
        match self {
            Self::Login(login) => &login.email,
            Self::Key { .. } => "API key",
        }
    }
}

/// The file's form: by a place's account.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    logins: BTreeMap<String, Credential>,
}

/// The credential of one place.
#[derive(Clone, Debug)]
pub struct Store {
    directory: Directory,
    account: String,
}

impl Store {
    pub fn new(directory: Directory, place: &Place) -> Self {
        Self { directory, account: place.account() }
    }

    pub fn load(&self) -> Result<Option<Credential>, Failure> {
        Ok(self.directory.read::<Kept>(FILE)?.logins.remove(&self.account))
    }

    /// Lets of several commands at once only one renew the login.
    pub async fn lock(&self) -> Result<Lock, Failure> {
        self.directory.lock().await
    }

    pub fn save(&self, lock: &Lock, credential: Credential) -> Result<(), Failure> {
        self.change(lock, |logins| logins.insert(self.account.clone(), credential))
    }

    pub fn forget(&self, lock: &Lock) -> Result<(), Failure> {
        self.change(lock, |logins| logins.remove(&self.account))
    }

    fn change<T>(
        &self,
        lock: &Lock,
        change: impl FnOnce(&mut BTreeMap<String, Credential>) -> T,
    ) -> Result<(), Failure> {
        let mut kept: Kept = self.directory.read(FILE)?;
        change(&mut kept.logins);
        self.directory.write(lock, FILE, &kept)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn login(email: &str) -> Credential {
        Credential::Login(Login { email: email.into(), access_token: "a".into(), refresh_token: "r".into() })
    }

    #[tokio::test]
    async fn a_credential_is_kept_for_its_platform_and_for_its_owner_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Directory::at(temporary.path());
        let at = |url: &str| Store::new(directory.clone(), &Place::of_url(url));
        let (one, other) = (at("http://a"), at("http://b"));
        let key = Credential::Key { api_key: "berth_x".into() };
        one.save(&one.lock().await.unwrap(), login("ada")).unwrap();
        other.save(&other.lock().await.unwrap(), key.clone()).unwrap();
        assert_eq!(one.load().unwrap(), Some(login("ada")));
        one.forget(&one.lock().await.unwrap()).unwrap();
        assert_eq!((one.load().unwrap(), other.load().unwrap()), (None, Some(key)));
        let mode = std::fs::metadata(directory.file(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
