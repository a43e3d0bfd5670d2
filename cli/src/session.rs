//! The login, kept for each platform in one file that only its owner may read. A lock beside it lets of several commands
//! at once only one renew the login: a refresh token works once.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What was got by logging in at one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub email: String,
    pub access_token: String,
    pub refresh_token: String,
}

/// The file's form: logins by URL.
#[derive(Default, Serialize, Deserialize)]
struct Logins {
    logins: BTreeMap<String, Login>,
}

/// The logins of one platform's URL.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
    url: String,
}

/// While it lives, no other command changes logins.
pub struct Lock(#[allow(dead_code, reason = "the open file is the lock")] File);

impl Store {
    /// In `$XDG_CONFIG_HOME/berth` or `~/.config/berth`.
    pub fn new(url: &str) -> Result<Self, Failure> {
        let given = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::home_dir().map(|home| home.join(".config"));
        let base =
            given.or_else(home).ok_or_else(|| Failure::other("There is no home directory to keep a login in."))?;
        Ok(Self::within(&base.join("berth"), url))
    }

    pub fn within(directory: &Path, url: &str) -> Self {
        Self { directory: directory.to_owned(), url: url.to_owned() }
    }

    pub fn load(&self) -> Result<Option<Login>, Failure> {
        Ok(self.read()?.logins.remove(&self.url))
    }

    /// Waits for its turn, without holding up what else runs.
    pub async fn lock(&self) -> Result<Lock, Failure> {
        let (directory, path) = (self.directory.clone(), self.directory.join("credentials.lock"));
        let locked = tokio::task::spawn_blocking(move || {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
            file.lock()?;
            Ok(file)
        });
        let file = locked.await.map_err(Failure::other)?.map_err(|error| self.failure(&error))?;
        Ok(Lock(file))
    }

    pub fn save(&self, _: &Lock, login: Login) -> Result<(), Failure> {
        self.change(|logins| logins.insert(self.url.clone(), login))
    }

    pub fn forget(&self, _: &Lock) -> Result<(), Failure> {
        self.change(|logins| logins.remove(&self.url))
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Login>) -> T) -> Result<(), Failure> {
        let mut all = self.read()?;
        change(&mut all.logins);
        let text = serde_json::to_vec_pretty(&all).map_err(Failure::other)?;
        self.write(&text).map_err(|error| self.failure(&error))
    }

    fn file(&self) -> PathBuf {
        self.directory.join("credentials.json")
    }

    fn read(&self) -> Result<Logins, Failure> {
        match std::fs::read(self.file()) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| {
                let path = self.file();
                Failure::other(format!("{} is damaged; delete it and log in again.", path.display()))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Logins::default()),
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// Under its name the file is always whole: it is written aside and renamed.
    fn write(&self, text: &[u8]) -> std::io::Result<()> {
        let part = self.directory.join("credentials.part");
        // A leftover of another time may have another mode.
        let _ = std::fs::remove_file(&part);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(text)?;
        file.sync_all()?;
        std::fs::rename(part, self.file())
    }

    fn failure(&self, error: &std::io::Error) -> Failure {
        Failure::other(format!("The login in {} cannot be read or kept: {error}.", self.directory.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn login(email: &str) -> Login {
        Login { email: email.into(), access_token: "a".into(), refresh_token: "r".into() }
    }

    #[tokio::test]
    async fn a_login_is_kept_for_its_platform_and_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (Store::within(directory.path(), "http://a"), Store::within(directory.path(), "http://b"));
        one.save(&one.lock().await.unwrap(), login("ada")).unwrap();
        other.save(&other.lock().await.unwrap(), login("eve")).unwrap();
        assert_eq!(one.load().unwrap(), Some(login("ada")));
        one.forget(&one.lock().await.unwrap()).unwrap();
        assert_eq!((one.load().unwrap(), other.load().unwrap()), (None, Some(login("eve"))));
        let mode = std::fs::metadata(one.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn the_second_waits_for_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::within(directory.path(), "http://a");
        let held = store.lock().await.unwrap();
        let (waiting, saved) = (store.clone(), store.clone());
        let second = tokio::spawn(async move {
            let _lock = waiting.lock().await.unwrap();
            waiting.load().unwrap()
        });
        saved.save(&held, login("ada")).unwrap();
        drop(held);
        assert_eq!(second.await.unwrap(), Some(login("ada")));
    }

    #[test]
    fn a_damaged_file_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::within(directory.path(), "http://a");
        std::fs::write(store.file(), "{").unwrap();
        assert!(store.load().unwrap_err().problem.detail.contains("log in again"));
    }
}
