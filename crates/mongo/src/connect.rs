//! How the driver is set up: durable, and impatient enough that a request hears in time that the servers are away.

use std::time::Duration;

use kit::Failure;
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern};

/// How long a server is looked for, and how long a connection may take. The driver tries an operation twice at most, so
/// both looks fit into `DEADLINE`.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often each server is asked how it is: one that falls silent is known to after this and `PATIENCE`, and from then on
/// nobody waits for it.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Connections to a server where the URL does not say.
const POOL: u32 = 32;
/// Of those, how many are made at once: a burst after a pause must not queue for two.
const CONNECTING: u32 = 8;

pub async fn options(url: &str) -> Result<ClientOptions, Failure> {
    let mut options = ClientOptions::parse(url).await.map_err(|error| {
        Failure::invalid("mongodb_url", "This is no MongoDB URL, such as mongodb://host:27017/?replicaSet=rs0.")
            .operator(error.kind)
    })?;
    options.app_name.get_or_insert_with(|| "berth".to_owned());
    options.connect_timeout = Some(options.connect_timeout.map_or(PATIENCE, |given| given.min(PATIENCE)));
    options.server_selection_timeout = Some(PATIENCE);
    options.heartbeat_freq = Some(HEARTBEAT);
    options.max_pool_size.get_or_insert(POOL);
    options.max_connecting.get_or_insert(CONNECTING);
    // What is acknowledged survives the loss of any one server; what is read cannot be rolled back.
    options.write_concern =
        Some(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(PATIENCE).build());
    options.read_concern = Some(ReadConcern::majority());
    // A secondary would not know yet what its reader was just told is written.
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_cannot_make_it_patient_or_careless() {
        let url = "mongodb://localhost:1/?w=0&connectTimeoutMS=60000&serverSelectionTimeoutMS=60000&maxPoolSize=5&readPreference=nearest";
        let options = options(url).await.unwrap();
        assert_eq!((options.connect_timeout, options.server_selection_timeout), (Some(PATIENCE), Some(PATIENCE)));
        assert_eq!(options.write_concern.unwrap().w, Some(Acknowledgment::Majority));
        assert_eq!(options.selection_criteria, Some(SelectionCriteria::ReadPreference(ReadPreference::Primary)));
        assert_eq!(options.max_pool_size, Some(5));
    }

    #[tokio::test]
    async fn what_is_no_url_is_refused_without_repeating_it() {
        let refused = options("mysql://ada:secret@localhost/").await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("mongodb_url"));
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
