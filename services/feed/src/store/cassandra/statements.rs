//! Every statement that the feed runs, prepared once a session. Their kinds decide consistency and whether the driver may
//! repeat them.

use futures::future::try_join_all;
use kit::Failure;
use scylla::client::session::Session;
use scylla::policies::retry::{DefaultRetryPolicy, FallthroughRetryPolicy};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::unprepared::Statement;
use scylla::statement::{Consistency, SerialConsistency};

use super::failure::away;

/// What a statement is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Reads, or writes the same however often it runs.
    Repeatable,
    /// Writes only if a condition holds, or stands in a batch that does.
    Conditional,
}

macro_rules! statements {
    ($($kind:ident $name:ident: $cql:literal;)*) => {
        pub struct Statements { $(pub $name: PreparedStatement,)* }

        /// What this release asks of the keyspace, whose name stands where `{}` does.
        #[cfg(test)]
        pub const TEXTS: &[&str] = &[$($cql,)*];

        impl Statements {
            pub async fn prepare(session: &Session, keyspace: &str) -> Result<Self, Failure> {
                let texts = [$(($cql, Kind::$kind),)*];
                let prepared = texts.map(|(cql, kind)| prepare(session, keyspace, cql, kind));
                let mut prepared = try_join_all(prepared).await?.into_iter();
                let mut next = || prepared.next().ok_or_else(|| Failure::internal("a statement was not prepared"));
                Ok(Self { $($name: next()?,)* })
            }
        }
    };
}

statements! {
    // likes
    Repeatable likes_read: "SELECT user_id, stance, likes, dislikes, version FROM {}.likes WHERE machine_id = ? AND user_id IN ?";
    Repeatable likes_count: "SELECT DISTINCT machine_id, likes, dislikes FROM {}.likes WHERE machine_id = ?";
    Repeatable like_at: "SELECT stance, at FROM {}.likes WHERE machine_id = ? AND user_id = ?";
    Conditional likes_move: "UPDATE {}.likes SET likes = ?, dislikes = ?, version = ? WHERE machine_id = ? IF version = ?";
    Conditional likes_begin: "INSERT INTO {}.likes (machine_id, user_id) VALUES (?, ?)";
    Conditional like_put: "INSERT INTO {}.likes (machine_id, user_id, stance, at) VALUES (?, ?, ?, ?)";
    Conditional like_clear: "DELETE FROM {}.likes WHERE machine_id = ? AND user_id = ?";
    Repeatable liked_note: "INSERT INTO {}.likes_by_user (user_id, machine_id) VALUES (?, ?) USING TIMESTAMP 1";
    Repeatable liked_list: "SELECT machine_id FROM {}.likes_by_user WHERE user_id = ?";
    Repeatable liked_forget: "DELETE FROM {}.likes_by_user USING TIMESTAMP 2 WHERE user_id = ?";
    // comments
    Repeatable comments_state: "SELECT DISTINCT machine_id, comments, version FROM {}.comments WHERE machine_id = ?";
    Repeatable comments_read: "SELECT key, user_id, text, created_at, edited_at FROM {}.comments WHERE machine_id = ? AND part = -1 AND key IN ?";
    Repeatable comments_list: "SELECT key, user_id, text, created_at, edited_at FROM {}.comments WHERE machine_id = ? AND part = -1";
    Conditional comments_move: "UPDATE {}.comments SET comments = ?, version = ? WHERE machine_id = ? IF version = ?";
    // A row before all others that is nobody's: what is read of the partition itself need not walk over graves to find one.
    Conditional comments_begin: "INSERT INTO {}.comments (machine_id, part, key) VALUES (?, -2, 0x00)";
    Conditional comment_put: "INSERT INTO {}.comments (machine_id, part, key, user_id, text, created_at, edited_at) VALUES (?, -1, ?, ?, ?, ?, ?)";
    Conditional comment_remove: "DELETE FROM {}.comments WHERE machine_id = ? AND part = -1 AND key = ?";
    Repeatable said_note: "INSERT INTO {}.comments_by_user (user_id, comment_id, machine_id) VALUES (?, ?, ?)";
    Repeatable said_list: "SELECT comment_id, machine_id FROM {}.comments_by_user WHERE user_id = ?";
    Repeatable said_forget: "DELETE FROM {}.comments_by_user WHERE user_id = ? AND comment_id = ?";
    Repeatable pace_state: "SELECT DISTINCT user_id, version FROM {}.comment_pace WHERE user_id = ?";
    Repeatable pace_read: "SELECT at, comment_id FROM {}.comment_pace WHERE user_id = ? AND at > ?";
    Conditional pace_move: "UPDATE {}.comment_pace USING TTL ? SET version = ? WHERE user_id = ? IF version = ?";
    Conditional pace_put: "INSERT INTO {}.comment_pace (user_id, at, comment_id) VALUES (?, ?, ?) USING TTL ?";
    Conditional pace_give_back: "DELETE FROM {}.comment_pace WHERE user_id = ? AND at = ? AND comment_id = ? IF EXISTS";
    // people
    Repeatable person_read: "SELECT name, deleted, machine_id FROM {}.people WHERE user_id = ?";
    Repeatable person_state: "SELECT DISTINCT user_id, deleted, revision FROM {}.people WHERE user_id = ?";
    Repeatable person_put: "INSERT INTO {}.people (user_id, name, deleted, revision) VALUES (?, ?, ?, ?) USING TIMESTAMP ?";
    Repeatable run_put: "INSERT INTO {}.people (user_id, machine_id) VALUES (?, ?) USING TIMESTAMP 1";
    Repeatable runs_forget: "DELETE FROM {}.people USING TIMESTAMP 2 WHERE user_id = ? AND machine_id >= ?";
    // what was announced and not sent
    Conditional unsent_put: "INSERT INTO {}.comments (machine_id, part, key, topic, headers, data) VALUES (?, ?, ?, ?, ?, ?)";
    Repeatable unsent_list: "SELECT key, topic, headers, data, WRITETIME(data) FROM {}.comments WHERE machine_id = ? AND part = ? AND key >= ? ORDER BY part DESC, key ASC LIMIT ?";
    Repeatable unsent_remove: "DELETE FROM {}.comments USING TIMESTAMP ? WHERE machine_id = ? AND part = ? AND key = ?";
    Conditional fence: "UPDATE {}.comments SET version = ? WHERE machine_id = ? IF version = ?";
    Repeatable mark_put: "INSERT INTO {}.outbox_mark (shard, machine_id, event_id, at, version) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?";
    Repeatable mark_list: "SELECT machine_id, event_id, at, version FROM {}.outbox_mark WHERE shard = ?";
    Repeatable mark_remove: "DELETE FROM {}.outbox_mark USING TIMESTAMP ? WHERE shard = ? AND machine_id = ? AND event_id = ?";
    Repeatable mark_count: "SELECT COUNT(*), MIN(at) FROM {}.outbox_mark WHERE shard = ?";
    // who sends it
    Repeatable lease_list: "SELECT shard, holder FROM {}.outbox_lease WHERE outbox = 'feed'";
    Conditional lease_take: "UPDATE {}.outbox_lease USING TTL ? SET holder = ? WHERE outbox = 'feed' AND shard = ? IF holder = ?";
    Conditional lease_free: "DELETE FROM {}.outbox_lease WHERE outbox = 'feed' AND shard = ? IF holder = ?";
    Repeatable relay_put: "INSERT INTO {}.outbox_relay (outbox, relay) VALUES ('feed', ?) USING TTL ?";
    Repeatable relay_list: "SELECT relay FROM {}.outbox_relay WHERE outbox = 'feed'";
    Repeatable relay_remove: "DELETE FROM {}.outbox_relay WHERE outbox = 'feed' AND relay = ?";
    // what was heard
    Repeatable position_read: "SELECT position FROM {}.consumer WHERE consumer = ? AND topic = ?";
    Conditional position_begin: "INSERT INTO {}.consumer (consumer, topic, position) VALUES (?, ?, ?) IF NOT EXISTS";
    Conditional position_move: "UPDATE {}.consumer SET position = ? WHERE consumer = ? AND topic = ? IF position = ?";
    Repeatable generation_read: "SELECT DISTINCT consumer, generation FROM {}.consumer WHERE consumer = ?";
    Conditional generation_make: "UPDATE {}.consumer SET generation = ? WHERE consumer = ? IF generation = NULL";
    Repeatable letter_put: "INSERT INTO {}.dead_letter (consumer, topic, position, kind, reason, at, data) VALUES (?, ?, ?, ?, ?, ?, ?)";
}

async fn prepare(session: &Session, keyspace: &str, cql: &str, kind: Kind) -> Result<PreparedStatement, Failure> {
    let statement = configured(Statement::new(cql.replace("{}", keyspace)), kind);
    session.prepare(statement).await.map_err(|error| away(format!("{cql:?} was not prepared: {error}")))
}

/// A majority of the local data centre; conditions hold over all of them.
fn configured(mut statement: Statement, kind: Kind) -> Statement {
    statement.set_consistency(Consistency::LocalQuorum);
    statement.set_serial_consistency(Some(SerialConsistency::Serial));
    let repeatable = kind == Kind::Repeatable;
    statement.set_is_idempotent(repeatable);
    if repeatable {
        statement.set_retry_policy(Some(std::sync::Arc::new(DefaultRetryPolicy::new())));
    } else {
        statement.set_retry_policy(Some(std::sync::Arc::new(FallthroughRetryPolicy::new())));
    }
    statement
}
