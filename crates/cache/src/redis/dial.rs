//! Connecting: in the background and for as long as it takes, so that nobody waits for a server that is away.

use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, Pipeline, ProtocolVersion, RedisFuture, RedisResult, Value};

use super::Inner;
use super::address::Address;

/// Between two tries.
pub const PAUSE: Duration = Duration::from_millis(250);
/// How long one try may take: name, connection and greeting.
const PATIENCE: Duration = Duration::from_secs(2);

/// One for all callers: each sends without waiting for what others asked.
#[derive(Clone)]
pub enum Connection {
    Server(ConnectionManager),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

/// Tries after this time and then again and again, until the server answers within the deadline or nobody holds the handle.
pub fn until_connected(inner: &Arc<Inner>, first: Duration) {
    let (weak, mut wait) = (Arc::downgrade(inner), first);
    inner.runtime.spawn(async move {
        let mut told = false;
        loop {
            tokio::time::sleep(wait).await;
            wait = PAUSE;
            let Some(inner) = Weak::upgrade(&weak) else { return };
            match connect(&inner).await {
                Ok(connection) => return inner.connect(connection),
                Err(why) if first.is_zero() && !told => {
                    told = true;
                    tracing::warn!("waiting for redis for {} at {}: {why}", inner.name, inner.address);
                }
                Err(why) => tracing::debug!("still no redis for {} at {}: {why}", inner.name, inner.address),
            }
        }
    });
}

async fn connect(inner: &Inner) -> Result<Connection, String> {
    let opened = tokio::time::timeout(PATIENCE, open(&inner.address)).await;
    let mut connection =
        opened.map_err(|_| format!("no connection in {PATIENCE:?}"))?.map_err(|error| error.to_string())?;
    let ping = redis::cmd("PING");
    let answered = tokio::time::timeout(inner.deadline, ping.query_async::<Value>(&mut connection)).await;
    answered.map_err(|_| format!("no answer in {:?}", inner.deadline))?.map_err(|error| error.to_string())?;
    Ok(connection)
}

async fn open(address: &Address) -> RedisResult<Connection> {
    match address {
        Address::Server(info) => {
            // Our deadlines are shorter, and what is tried again is decided here.
            let config = ConnectionManagerConfig::new()
                .set_connection_timeout(Some(PATIENCE))
                .set_response_timeout(Some(PATIENCE))
                .set_number_of_retries(0);
            let client = Client::open(info.as_ref().clone())?;
            ConnectionManager::new_with_config(client, config).await.map(Connection::Server)
        }
        Address::Cluster(nodes) => {
            let client = ClusterClientBuilder::new(nodes.clone())
                .use_protocol(ProtocolVersion::RESP3)
                .connection_timeout(PATIENCE)
                .response_timeout(PATIENCE)
                .retries(2)
                .build()?;
            client.get_async_connection().await.map(Connection::Cluster)
        }
    }
}
