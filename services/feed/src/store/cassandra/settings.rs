//! Where the feed's Cassandra is, and how its keyspace is made where it is missing.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::Failure;
use secrecy::SecretString;

/// How many copies of each row are kept, and where. Used when the keyspace is made and never after: changing it is an
/// operator's `ALTER KEYSPACE` and a repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replication {
    /// So many copies on whichever nodes: for one data centre, and with 1 for one node.
    Simple(u8),
    /// So many copies in each data centre, by its name.
    Network(BTreeMap<String, u8>),
}

/// Name and password of a Cassandra role.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: String,
    pub password: SecretString,
}

#[derive(Clone, Debug)]
pub struct CassandraSettings {
    /// `host:port` of a few nodes; they tell of the others.
    pub contact_points: Vec<String>,
    /// 1 to 48 of `[a-z0-9_]`, a letter first. Its own: nothing else writes there.
    pub keyspace: String,
    pub replication: Replication,
    /// The data centre whose nodes are asked and whose majority answers; `None` where there is one.
    pub data_centre: Option<String>,
    pub credentials: Option<Credentials>,
    /// How long one operation of a port may take, retries included.
    pub operation: Duration,
    /// How long one statement may take.
    pub statement: Duration,
}

impl CassandraSettings {
    /// One node or more of one data centre, with a single copy.
    pub fn new(contact_points: Vec<String>, keyspace: impl Into<String>) -> Self {
        Self {
            contact_points,
            keyspace: keyspace.into(),
            replication: Replication::Simple(1),
            data_centre: None,
            credentials: None,
            operation: Duration::from_millis(4500),
            statement: Duration::from_secs(2),
        }
    }

    /// `InvalidInput` on the setting that is at fault.
    pub fn validate(&self) -> Result<(), Failure> {
        if self.contact_points.is_empty() {
            return Err(Failure::invalid("contact_points", "Cassandra needs at least one `host:port`."));
        }
        if !is_keyspace(&self.keyspace) {
            let told = "A keyspace is 1 to 48 of a-z, 0-9 and _, a letter first.";
            return Err(Failure::invalid("keyspace", told));
        }
        match &self.replication {
            Replication::Simple(0) => Err(Failure::invalid("replication", "There is at least one copy.")),
            Replication::Network(copies)
                if copies.is_empty() || copies.iter().any(|(name, n)| !is_centre(name) || *n == 0) =>
            {
                Err(Failure::invalid("replication", "Each data centre has a plain name and at least one copy."))
            }
            Replication::Simple(_) | Replication::Network(_) => Ok(()),
        }
    }

    pub(super) fn create_keyspace(&self) -> String {
        let replication = match &self.replication {
            Replication::Simple(copies) => format!("'class': 'SimpleStrategy', 'replication_factor': {copies}"),
            Replication::Network(copies) => {
                let each = copies.iter().map(|(name, copies)| format!(", '{name}': {copies}"));
                format!("'class': 'NetworkTopologyStrategy'{}", each.collect::<String>())
            }
        };
        format!("CREATE KEYSPACE IF NOT EXISTS {} WITH replication = {{{replication}}}", self.keyspace)
    }
}

fn is_keyspace(name: &str) -> bool {
    (1..=48).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn is_centre(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(replication: Replication) -> CassandraSettings {
        CassandraSettings { replication, ..CassandraSettings::new(vec!["a:9042".into()], "feed") }
    }

    #[test]
    fn a_keyspace_is_made_with_as_many_copies_as_were_asked_for() {
        let made = |replication| settings(replication).create_keyspace();
        assert_eq!(
            made(Replication::Simple(3)),
            "CREATE KEYSPACE IF NOT EXISTS feed WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}"
        );
        let copies = BTreeMap::from([("north".to_owned(), 3), ("south".to_owned(), 2)]);
        assert_eq!(
            made(Replication::Network(copies)),
            "CREATE KEYSPACE IF NOT EXISTS feed WITH replication = {'class': 'NetworkTopologyStrategy', 'north': 3, 'south': 2}"
        );
    }

    #[test]
    fn what_could_break_out_of_a_statement_is_refused() {
        let field = |settings: CassandraSettings| settings.validate().err().and_then(|failure| failure.field);
        assert_eq!(field(settings(Replication::Simple(1))), None);
        for name in ["", "Feed", "1feed", "feed; DROP", &"a".repeat(49)] {
            let named = CassandraSettings::new(vec!["a:9042".into()], name);
            assert_eq!(field(named).as_deref(), Some("keyspace"), "{name}");
        }
        assert_eq!(field(CassandraSettings::new(Vec::new(), "feed")).as_deref(), Some("contact_points"));
        let quoted = BTreeMap::from([("a'".to_owned(), 1)]);
        for replication in [Replication::Simple(0), Replication::Network(quoted), Replication::Network(BTreeMap::new())]
        {
            assert_eq!(field(settings(replication)).as_deref(), Some("replication"));
        }
    }
}
