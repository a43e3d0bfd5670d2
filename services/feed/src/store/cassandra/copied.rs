//! The tables of the service's file as Cassandra keeps them, for a platform that moves up. Nobody else writes meanwhile. Rows
//! come to the same however often they are put; counts are put on the condition that the partition has none.

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kit::Failure;
use scylla::response::PagingState;
use sql::Value;
use sql::copying::Target;
use sql::tables::{Digest, Table, Values};
use uuid::Uuid;

use super::failure::broken;
use super::link::Link;
use super::{CassandraFeed, PARALLEL};

/// Whose row carries the counts beside one that is not there.
const NOBODY: Uuid = Uuid::nil();
/// What the first conditional batch after this asks for.
const FIRST: i64 = 1;
const NONE: Option<i64> = None;

/// How much somebody commented lately is counted anew; what could not be read belonged to the file.
const TABLES: [&str; 6] = ["comment_counts", "comments", "has_run", "like_counts", "likes", "people"];

impl CassandraFeed {
    /// Whether a service has run on this keyspace: its reader of events has an id of its own.
    pub async fn has_served(&self) -> Result<bool, Failure> {
        let ids = self.link.statement("SELECT DISTINCT consumer, generation FROM {}.consumer").await?;
        let ids = self.link.rows::<(String, Option<Uuid>)>(&ids, ()).await?;
        Ok(ids.iter().any(|(_, generation)| generation.is_some()))
    }
}

#[async_trait]
impl Target for CassandraFeed {
    fn takes(&self, table: &str) -> bool {
        TABLES.contains(&table)
    }

    async fn occupied(&self, _tables: &[Table]) -> Result<Option<String>, Failure> {
        for table in ["likes", "comments", "people"] {
            let first = self.link.statement(&format!("SELECT * FROM {{}}.{table} LIMIT 1")).await?;
            if !self.link.rows::<scylla::value::Row>(&first, ()).await?.is_empty() {
                return Ok(Some(table.to_owned()));
            }
        }
        Ok(None)
    }

    async fn last(&self, _table: &Table) -> Result<Option<Values>, Failure> {
        Ok(None)
    }

    async fn put(&self, table: &Table, rows: Vec<Values>) -> Result<(), Failure> {
        let (link, name) = (&*self.link, table.name.as_str());
        let put = |row: Values| async move { put(link, name, &row).await };
        stream::iter(rows).map(put).buffer_unordered(PARALLEL).try_for_each(async |()| Ok(())).await
    }

    async fn digest(&self, table: &Table) -> Result<Digest, Failure> {
        let link = &*self.link;
        match table.name.as_str() {
            "comment_counts" => {
                walk(link, "SELECT DISTINCT machine_id, comments FROM {}.comments", comment_count).await
            }
            "comments" => {
                let all = "SELECT machine_id, part, key, user_id, text, created_at, edited_at FROM {}.comments";
                walk(link, all, comment).await
            }
            "has_run" => walk(link, "SELECT machine_id, user_id FROM {}.people", has_run).await,
            "like_counts" => walk(link, "SELECT DISTINCT machine_id, likes, dislikes FROM {}.likes", like_count).await,
            "likes" => walk(link, "SELECT machine_id, user_id, stance, at FROM {}.likes", like).await,
            _ => walk(link, "SELECT DISTINCT user_id, name, deleted, revision FROM {}.people", person).await,
        }
    }
}

async fn put(link: &Link, table: &str, row: &Values) -> Result<(), Failure> {
    let statements = &link.statements;
    match table {
        "comment_counts" => {
            let machine = id(&row[0])?;
            link.change(&statements.comments_move, (number(&row[1]), FIRST, machine, NONE)).await?;
            link.write(&statements.comments_begin, (machine,)).await
        }
        "comments" => {
            let (machine, comment, user) = (id(&row[0])?, id(&row[1])?, id(&row[2])?);
            link.write(&statements.said_note, (user, comment, machine)).await?;
            let (said, made, edited) = (text(&row[3]), number(&row[4]), optional(&row[5]));
            let values = (machine, comment.as_bytes().to_vec(), user, said, made, edited);
            link.write(&statements.comment_put, values).await
        }
        "has_run" => link.write(&statements.run_put, (id(&row[1])?, id(&row[0])?)).await,
        "like_counts" => {
            let machine = id(&row[0])?;
            let counts = (number(&row[1]), number(&row[2]), FIRST, machine, NONE);
            link.change(&statements.likes_move, counts).await?;
            link.write(&statements.likes_begin, (machine, NOBODY)).await
        }
        "likes" => {
            let (machine, user) = (id(&row[0])?, id(&row[1])?);
            link.write(&statements.liked_note, (user, machine)).await?;
            let stance = i8::try_from(number(&row[2])).map_err(broken)?;
            link.write(&statements.like_put, (machine, user, stance, number(&row[3]))).await
        }
        _ => {
            let revision = number(&row[3]);
            let values = (id(&row[0])?, text(&row[1]), number(&row[2]) != 0, revision, revision);
            link.write(&statements.person_put, values).await
        }
    }
}

/// All rows of a table, as rows of the file's; `None` for what is none there.
async fn walk<R>(link: &Link, cql: &str, read: fn(R) -> Option<Values>) -> Result<Digest, Failure>
where
    R: for<'f> scylla::deserialize::row::DeserializeRow<'f, 'f>,
{
    let (statement, mut state) = (link.statement(cql).await?, Some(PagingState::start()));
    let mut digest = Digest::default();
    while let Some(at) = state {
        let (rows, next) = link.page::<R>(&statement, (), at).await?;
        for row in rows.into_iter().filter_map(read) {
            digest.add(&row);
        }
        state = next;
    }
    Ok(digest)
}

fn comment_count((machine, comments): (Uuid, Option<i64>)) -> Option<Values> {
    Some(vec![bytes(machine), Value::Integer(comments?)])
}

type Comment = (Uuid, Option<i8>, Option<Vec<u8>>, Option<Uuid>, Option<String>, Option<i64>, Option<i64>);

fn comment((machine, part, key, user, text, created_at, edited_at): Comment) -> Option<Values> {
    let edited = edited_at.map_or(Value::Null, Value::Integer);
    let said = (part? == -1).then(|| text.map(Value::Text)).flatten()?;
    Some(vec![bytes(machine), Value::Bytes(key?), bytes(user?), said, Value::Integer(created_at?), edited])
}

fn has_run((machine, user): (Option<Uuid>, Uuid)) -> Option<Values> {
    Some(vec![bytes(machine?), bytes(user)])
}

fn like_count((machine, likes, dislikes): (Uuid, Option<i64>, Option<i64>)) -> Option<Values> {
    Some(vec![bytes(machine), Value::Integer(likes?), Value::Integer(dislikes?)])
}

fn like((machine, user, stance, at): (Uuid, Option<Uuid>, Option<i8>, Option<i64>)) -> Option<Values> {
    Some(vec![bytes(machine), bytes(user?), Value::Integer(stance?.into()), Value::Integer(at?)])
}

fn person((user, name, deleted, revision): (Uuid, Option<String>, Option<bool>, Option<i64>)) -> Option<Values> {
    Some(vec![bytes(user), Value::Text(name?), Value::Integer(deleted?.into()), Value::Integer(revision?)])
}

fn bytes(id: Uuid) -> Value {
    Value::Bytes(id.as_bytes().to_vec())
}

fn id(value: &Value) -> Result<Uuid, Failure> {
    let Value::Bytes(bytes) = value else { return Err(broken("no id")) };
    Uuid::from_slice(bytes).map_err(broken)
}

fn number(value: &Value) -> i64 {
    optional(value).unwrap_or(0)
}

fn optional(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

fn text(value: &Value) -> String {
    if let Value::Text(text) = value { text.clone() } else { String::new() }
}
