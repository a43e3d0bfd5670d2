//! What a Cassandra and the feed's keyspace are like, for whoever checks them before they are used. Nothing is changed, and
//! nothing is made.

use std::collections::{BTreeSet, HashMap};

use kit::{Failure, Timestamp};
use scylla::client::session::Session;
use scylla::deserialize::row::DeserializeRow;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use uuid::Uuid;

use super::link::connect;
use super::migrate::MIGRATIONS;
use super::settings::CassandraSettings;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `5.0.4`.
    pub version: String,
    /// Nodes that the one that was asked knows, itself included.
    pub nodes: usize,
    /// Data centres of these.
    pub data_centres: Vec<String>,
    /// How many different schemas they have: one where all agree.
    pub schemas: usize,
    /// As the keyspace says: `class` and copies; `None` where there is no keyspace yet.
    pub replication: Option<HashMap<String, String>>,
    /// Names of migrations that were taken.
    pub applied: Vec<String>,
    pub clock: Timestamp,
}

/// The names of all steps.
pub fn names() -> Vec<String> {
    MIGRATIONS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Asks whichever node answers. `Err` is what the driver or the node said.
pub async fn look(settings: &CassandraSettings) -> Result<Facts, String> {
    let session = connect(settings).await.map_err(|failure: Failure| failure.operator.unwrap_or(failure.detail))?;
    let local = "SELECT release_version, data_center, schema_version, toUnixTimestamp(now()) FROM system.local";
    let local: Vec<(String, String, Uuid, i64)> = rows(&session, local, ()).await?;
    let peers = "SELECT data_center, schema_version FROM system.peers";
    let peers: Vec<(Option<String>, Option<Uuid>)> = rows(&session, peers, ()).await?;
    let Some((version, centre, schema, clock)) = local.into_iter().next() else {
        return Err("a node knows nothing of itself".to_owned());
    };
    let mut centres = BTreeSet::from([centre]);
    let mut schemas = BTreeSet::from([schema]);
    let nodes = 1 + peers.len();
    for (centre, schema) in peers {
        centres.extend(centre);
        schemas.extend(schema);
    }
    let keyspace = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?";
    let keyspace: Vec<(HashMap<String, String>,)> = rows(&session, keyspace, (&settings.keyspace,)).await?;
    let replication = keyspace.into_iter().next().map(|(replication,)| replication);
    let applied = if replication.is_some() { applied(&session, &settings.keyspace).await? } else { Vec::new() };
    Ok(Facts {
        version,
        nodes,
        data_centres: centres.into_iter().collect(),
        schemas: schemas.len(),
        replication,
        applied,
        clock: Timestamp::from_micros(clock.saturating_mul(1000)),
    })
}

async fn applied(session: &Session, keyspace: &str) -> Result<Vec<String>, String> {
    let asked = session.query_unpaged(format!("SELECT name FROM {keyspace}.schema_migration"), ()).await;
    match asked {
        // A keyspace without the table: nothing was taken.
        Err(ExecutionError::LastAttemptError(RequestAttemptError::DbError(DbError::Invalid, _))) => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
        Ok(answer) => {
            let rows = answer.into_rows_result().map_err(|error| error.to_string())?;
            let names = rows.rows::<(String,)>().map_err(|error| error.to_string())?;
            let names: Result<Vec<_>, _> = names.map(|row| row.map(|(name,)| name)).collect();
            // Its lease is a row of the record.
            Ok(names.map_err(|error| error.to_string())?.into_iter().filter(|name| name != "lease").collect())
        }
    }
}

async fn rows<R>(
    session: &Session,
    cql: &str,
    values: impl scylla::serialize::row::SerializeRow,
) -> Result<Vec<R>, String>
where
    R: for<'f> DeserializeRow<'f, 'f>,
{
    let answer = session.query_unpaged(cql, values).await.map_err(|error| error.to_string())?;
    let rows = answer.into_rows_result().map_err(|error| error.to_string())?;
    let rows = rows.rows::<R>().map_err(|error| error.to_string())?;
    rows.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_node_tells_of_itself_and_of_a_keyspace_that_is_not_there() {
        let settings = CassandraSettings::new(vec![testkit::servers::cassandra()], "berth_no_such");
        let facts = look(&settings).await.unwrap();
        assert_eq!(
            (facts.nodes, facts.schemas, facts.replication.clone(), facts.applied.len()),
            (1, 1, None, 0),
            "{facts:?}"
        );
        assert!(facts.version.starts_with(char::is_numeric) && facts.clock.as_secs() > 1_700_000_000, "{facts:?}");
        let again = look(&settings).await.unwrap();
        assert_eq!(again.replication, None, "looking made a keyspace");
    }

    #[tokio::test]
    async fn a_node_that_is_away_is_an_error() {
        let settings = CassandraSettings::new(vec!["127.0.0.1:1".to_owned()], "berth_no_such");
        assert!(look(&settings).await.is_err());
    }
}
