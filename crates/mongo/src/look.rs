//! What a replica set is like, for whoever checks it before it is used. Nothing is changed.

use kit::{Failure, Timestamp};
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};

use crate::{Database, Migrations};

/// What the servers say of themselves and of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `6.0.5`.
    pub version: String,
    /// The replica set's name; `None` for a server by itself, which has no transactions.
    pub replica_set: Option<String>,
    pub members: usize,
    /// Whether somebody is logged in at all.
    pub account: Option<String>,
    /// Actions that are allowed on the database; `None` where nobody has to log in, so that everything is.
    pub actions: Option<Vec<String>>,
    /// Names of migrations that were taken.
    pub applied: Vec<String>,
    pub clock: Timestamp,
}

/// Why nothing was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSeen {
    Away(String),
    /// The server does not take this account, or not for this database.
    Denied(String),
}

impl Database {
    /// Asks the primary. A server by itself answers as one.
    pub async fn look(&self) -> Result<Facts, NotSeen> {
        let hello = self.ask(self.inner.run_command(doc! { "hello": 1 })).await.map_err(|error| not_seen(&error))?;
        let build =
            self.ask(self.inner.run_command(doc! { "buildInfo": 1 })).await.map_err(|error| not_seen(&error))?;
        let status = doc! { "connectionStatus": 1, "showPrivileges": true };
        let status = self.ask(self.inner.run_command(status)).await.map_err(|error| not_seen(&error))?;
        let applied = self.migrations().await.map_err(|failure: Failure| refused(&failure))?;
        let clock = hello.get_datetime("localTime").map_or(0, |time| time.timestamp_millis());
        let account = account(&status);
        Ok(Facts {
            version: build.get_str("version").unwrap_or_default().to_owned(),
            replica_set: hello.get_str("setName").ok().map(str::to_owned),
            members: hello.get_array("hosts").map_or(1, Vec::len),
            actions: account.as_ref().map(|_| actions(&status, self.name())),
            account,
            applied,
            clock: Timestamp::from_micros(clock.saturating_mul(1000)),
        })
    }
}

/// The names of these sets' steps.
pub fn names(sets: &[Migrations]) -> Vec<String> {
    sets.iter().flat_map(|set| set.iter()).map(|step| step.name.to_owned()).collect()
}

fn documents<'d>(of: &'d Document, name: &str) -> Vec<&'d Document> {
    of.get_array(name).map(|list| list.iter().filter_map(|item| item.as_document()).collect()).unwrap_or_default()
}

fn account(status: &Document) -> Option<String> {
    let users = documents(status.get_document("authInfo").ok()?, "authenticatedUsers");
    users.first().and_then(|user| user.get_str("user").ok()).map(str::to_owned)
}

/// What is allowed on every collection of a database.
fn actions(status: &Document, database: &str) -> Vec<String> {
    let Ok(info) = status.get_document("authInfo") else { return Vec::new() };
    let ours = |privilege: &&Document| {
        privilege.get_document("resource").is_ok_and(|resource| {
            let of = resource.get_str("db").unwrap_or_default();
            let any = resource.get_bool("anyResource").unwrap_or(false);
            any || ((of == database || of.is_empty() && resource.contains_key("db"))
                && resource.get_str("collection") == Ok(""))
        })
    };
    let allowed = documents(info, "authenticatedUserPrivileges").into_iter().filter(ours);
    let names = allowed.filter_map(|privilege| privilege.get_array("actions").ok()).flatten();
    names.filter_map(|action| action.as_str()).map(str::to_owned).collect()
}

/// 13 is `Unauthorized`, 18 is `AuthenticationFailed`; who cannot log in gets no connection at all.
fn not_seen(error: &Error) -> NotSeen {
    let told = error.kind.to_string();
    match error.kind.as_ref() {
        ErrorKind::Authentication { .. } => NotSeen::Denied(told),
        ErrorKind::Command(refused) if matches!(refused.code, 13 | 18) => NotSeen::Denied(refused.message.clone()),
        _ => NotSeen::Away(told),
    }
}

fn refused(failure: &Failure) -> NotSeen {
    let told = failure.operator.clone().unwrap_or_else(|| failure.detail.clone());
    if told.contains("not authorized") { NotSeen::Denied(told) } else { NotSeen::Away(told) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_replica_set_tells_of_itself() {
        let url = std::env::var("TEST_MONGODB_URL").expect("stack/servers.sh started MongoDB");
        let facts = Database::connect(&url, "berth_no_such").await.unwrap().look().await.unwrap();
        assert!(facts.replica_set.is_some() && facts.applied.is_empty() && facts.actions.is_none(), "{facts:?}");
        assert!(facts.version.starts_with(char::is_numeric) && facts.clock.as_secs() > 1_700_000_000, "{facts:?}");
    }

    #[tokio::test]
    async fn servers_that_are_away_or_refuse_say_which() {
        let away = Database::connect("mongodb://127.0.0.1:1/?replicaSet=rs0", "d").await.unwrap().look().await;
        assert!(matches!(away, Err(NotSeen::Away(_))), "{away:?}");
        let url = std::env::var("TEST_MONGODB_URL").expect("stack/servers.sh started MongoDB");
        let stranger = url.replace("mongodb://", "mongodb://nobody:secret@");
        let denied = Database::connect(&stranger, "d").await.unwrap().look().await;
        assert!(matches!(&denied, Err(NotSeen::Denied(told)) if !told.contains("secret")), "{denied:?}");
    }

    #[test]
    fn what_is_allowed_on_the_whole_database_counts() {
        let privilege = |db: &str, collection: &str, action: &str| {
            doc! { "resource": { "db": db, "collection": collection }, "actions": [action] }
        };
        let status = doc! { "authInfo": {
            "authenticatedUsers": [{ "user": "berth", "db": "admin" }],
            "authenticatedUserPrivileges": [
                privilege("ours", "", "find"), privilege("", "", "insert"), privilege("other", "", "update"),
                privilege("ours", "one", "remove"), doc! { "resource": { "cluster": true }, "actions": ["ping"] },
            ],
        } };
        assert_eq!(actions(&status, "ours"), ["find", "insert"]);
        assert_eq!(account(&status).as_deref(), Some("berth"));
    }
}
