//! The session with Cassandra and what is asked of it. The driver makes lost connections anew by itself.

use std::sync::Arc;
use std::time::Duration;

use kit::{Ambient, Failure};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::deserialize::row::DeserializeRow;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::policies::retry::FallthroughRetryPolicy;
use scylla::response::query_result::QueryResult;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::serialize::row::SerializeRow;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};
use scylla::value::Row;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::failure::{away, broken, conditional, repeatable};
use super::migrate::migrate;
use super::settings::CassandraSettings;
use super::statements::Statements;

/// How long a node may take to accept a connection, and how soon a connection that is silent is given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// A statement with its values, for a batch.
pub type Bound = (PreparedStatement, Box<dyn SerializeRow + Send + Sync>);

/// Whether a conditional batch did what it says, or found another state than it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    Lost,
}

/// A session whose keyspace is up to date.
pub struct Link {
    session: Session,
    pub statements: Statements,
    keyspace: String,
}

/// A session without a keyspace.
pub async fn connect(settings: &CassandraSettings) -> Result<Session, Failure> {
    settings.validate()?;
    let profile = ExecutionProfile::builder()
        .consistency(Consistency::LocalQuorum)
        .serial_consistency(Some(SerialConsistency::Serial))
        .retry_policy(Arc::new(FallthroughRetryPolicy::new()))
        .request_timeout(Some(settings.statement))
        .build();
    let mut builder = SessionBuilder::new()
        .known_nodes(&settings.contact_points)
        .default_execution_profile_handle(profile.into_handle())
        .connection_timeout(PATIENCE)
        .keepalive_interval(PATIENCE)
        .keepalive_timeout(PATIENCE)
        .schema_agreement_timeout(Duration::from_secs(30))
        // How its rows are spread over the nodes: for asking those that hold them.
        .keyspaces_to_fetch([&settings.keyspace]);
    if let Some(data_centre) = &settings.data_centre {
        builder = builder.prefer_datacenter(data_centre.clone());
    }
    if let Some(credentials) = &settings.credentials {
        builder = builder.user(&credentials.user, credentials.password.expose_secret());
    }
    // The driver bounds each step, not all of them together.
    match tokio::time::timeout(5 * PATIENCE, builder.build()).await {
        Ok(Ok(session)) => Ok(session),
        Ok(Err(error)) => Err(away(error)),
        Err(_) => Err(away("a session took too long")),
    }
}

impl Link {
    /// Connects, migrates and prepares.
    pub async fn open(settings: &CassandraSettings, ambient: &Ambient) -> Result<Self, Failure> {
        let session = connect(settings).await?;
        migrate(&session, settings, ambient).await?;
        let statements = Statements::prepare(&session, &settings.keyspace).await?;
        Ok(Self { session, statements, keyspace: settings.keyspace.clone() })
    }

    /// Whether a majority answers now. Asks for rows of ours: what is about a node, that node answers alone.
    pub async fn ping(&self) -> Result<(), Failure> {
        // A partition with one row for each topic, and no graves.
        let asked = self.rows::<(String, Option<Uuid>)>(&self.statements.generation_read, ("feed",)).await;
        asked.map(drop)
    }

    /// A statement for a walk over whole tables, which no service takes; the keyspace's name stands where `{}` does.
    pub async fn statement(&self, cql: &str) -> Result<PreparedStatement, Failure> {
        let prepared = self.session.prepare(cql.replace("{}", &self.keyspace)).await;
        prepared.map_err(|error| away(format!("{cql:?} was not prepared: {error}")))
    }

    /// All rows of a small answer.
    pub async fn rows<R>(&self, statement: &PreparedStatement, values: impl SerializeRow) -> Result<Vec<R>, Failure>
    where
        R: for<'f> DeserializeRow<'f, 'f>,
    {
        let answer = self.session.execute_unpaged(statement, values).await.map_err(|error| repeatable(&error))?;
        read(answer)
    }

    /// The only row, or none.
    pub async fn row<R>(&self, statement: &PreparedStatement, values: impl SerializeRow) -> Result<Option<R>, Failure>
    where
        R: for<'f> DeserializeRow<'f, 'f>,
    {
        Ok(self.rows(statement, values).await?.into_iter().next())
    }

    /// One piece of a long answer, and the state behind it where there may be more.
    pub async fn page<R>(
        &self,
        statement: &PreparedStatement,
        values: impl SerializeRow,
        state: PagingState,
    ) -> Result<(Vec<R>, Option<PagingState>), Failure>
    where
        R: for<'f> DeserializeRow<'f, 'f>,
    {
        self.try_page(statement, values, state).await.map_err(|refusal| match refusal {
            Refusal::NotUnderstood => Failure::internal("Cassandra did not understand its own paging state"),
            Refusal::Failed(failure) => failure,
        })
    }

    /// The same with a state that somebody else kept.
    pub async fn try_page<R>(
        &self,
        statement: &PreparedStatement,
        values: impl SerializeRow,
        state: PagingState,
    ) -> Result<(Vec<R>, Option<PagingState>), Refusal>
    where
        R: for<'f> DeserializeRow<'f, 'f>,
    {
        let answer = self.session.execute_single_page(statement, values, state).await;
        let (answer, next) = answer.map_err(|error| Refusal::of(&error))?;
        let next = match next {
            PagingStateResponse::HasMorePages { state } => Some(state),
            PagingStateResponse::NoMorePages => None,
        };
        Ok((read(answer).map_err(Refusal::Failed)?, next))
    }

    /// Something that may be written twice.
    pub async fn write(&self, statement: &PreparedStatement, values: impl SerializeRow) -> Result<(), Failure> {
        self.session.execute_unpaged(statement, values).await.map(drop).map_err(|error| repeatable(&error))
    }

    /// Runs a statement that only a test needs.
    #[cfg(test)]
    pub async fn run(&self, cql: &str) -> Result<(), Failure> {
        self.session.query_unpaged(cql, ()).await.map(drop).map_err(|error| repeatable(&error))
    }

    /// Whether a statement fits the tables.
    #[cfg(test)]
    pub async fn understands(&self, cql: &str) -> Result<(), Failure> {
        self.session.prepare(cql).await.map(drop).map_err(|error| away(format!("{cql}: {error}")))
    }

    /// Asks what only a test wants to know.
    #[cfg(test)]
    pub async fn ask<R>(&self, cql: &str) -> Result<Vec<R>, Failure>
    where
        R: for<'f> DeserializeRow<'f, 'f>,
    {
        read(self.session.query_unpaged(cql, ()).await.map_err(|error| repeatable(&error))?)
    }

    /// How many graves Cassandra walks over to answer; `None` while its trace does not tell yet.
    #[cfg(test)]
    pub async fn graves(&self, statement: &PreparedStatement, values: impl SerializeRow) -> Option<usize> {
        let mut statement = statement.clone();
        statement.set_tracing(true);
        let answer = self.session.execute_unpaged(&statement, values).await.ok()?;
        let trace = self.session.get_tracing_info(&answer.tracing_id()?).await.ok()?;
        let mut told = trace.events.iter().filter_map(|event| event.activity.as_deref());
        // "Read 1 live rows and 20 tombstone cells"
        told.find_map(|activity| activity.strip_suffix(" tombstone cells")?.rsplit(' ').next()?.parse().ok())
    }

    /// One statement with a condition.
    pub async fn change(&self, statement: &PreparedStatement, values: impl SerializeRow) -> Result<Outcome, Failure> {
        outcome(self.session.execute_unpaged(statement, values).await.map_err(|error| conditional(&error))?)
    }

    /// Statements of one partition, all or none; at least one has a condition.
    pub async fn change_all(&self, bound: Vec<Bound>) -> Result<Outcome, Failure> {
        let mut batch = Batch::new(BatchType::Logged);
        batch.set_consistency(Consistency::LocalQuorum);
        batch.set_serial_consistency(Some(SerialConsistency::Serial));
        batch.set_retry_policy(Some(Arc::new(FallthroughRetryPolicy::new())));
        let mut values = Vec::with_capacity(bound.len());
        for (statement, bound) in bound {
            batch.append_statement(statement);
            values.push(bound);
        }
        outcome(self.session.batch(&batch, values).await.map_err(|error| conditional(&error))?)
    }
}

/// Why a piece was not given.
pub enum Refusal {
    /// The paging state is none.
    NotUnderstood,
    Failed(Failure),
}

impl Refusal {
    fn of(error: &ExecutionError) -> Self {
        match error {
            ExecutionError::LastAttemptError(RequestAttemptError::DbError(DbError::ProtocolError, _)) => {
                Self::NotUnderstood
            }
            error => Self::Failed(repeatable(error)),
        }
    }
}

/// The statement as a read that finishes what Paxos has under way.
pub fn serially(statement: &PreparedStatement) -> PreparedStatement {
    let mut statement = statement.clone();
    statement.set_consistency(Consistency::Serial);
    statement
}

fn read<R>(answer: QueryResult) -> Result<Vec<R>, Failure>
where
    R: for<'f> DeserializeRow<'f, 'f>,
{
    let rows = answer.into_rows_result().map_err(broken)?;
    let rows = rows.rows::<R>().map_err(broken)?;
    rows.collect::<Result<_, _>>().map_err(broken)
}

/// The first column of a conditional statement's answer is `[applied]`; what follows depends on it.
pub fn outcome(answer: QueryResult) -> Result<Outcome, Failure> {
    let rows: Vec<Row> = read(answer)?;
    let applied = rows.first().and_then(|row| row.columns.first()).and_then(Option::as_ref);
    match applied.and_then(scylla::value::CqlValue::as_boolean) {
        Some(true) => Ok(Outcome::Applied),
        Some(false) => Ok(Outcome::Lost),
        None => Err(broken("a conditional statement did not say whether it was applied")),
    }
}
