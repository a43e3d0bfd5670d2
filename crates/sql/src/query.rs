//! A statement with its values, run on a connection or on the readers of either database.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use sqlx::mysql::MySqlArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::connection::Target;
use crate::dialect::{Dialect, Translated};
use crate::row::{Column, FromRow, Row};
use crate::value::{Bind, Value};

/// A statement, as it is written.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    /// Remembered once translated.
    Fixed(&'static str),
    Built(String),
}

/// A statement and what is bound to it.
#[derive(Clone, Debug)]
#[must_use = "a statement does nothing until it is run"]
pub struct Query {
    text: Text,
    values: Vec<Value>,
}

/// Begins a statement, written as `dialect` says.
pub fn query(text: &'static str) -> Query {
    Query { text: Text::Fixed(text), values: Vec::new() }
}

/// A statement whose rows have one column.
pub fn query_scalar<T>(text: &'static str) -> Scalar<T> {
    Scalar(query(text), PhantomData)
}

/// A statement whose rows are read as a tuple.
pub fn query_as<T>(text: &'static str) -> Tuple<T> {
    Tuple(query(text), PhantomData)
}

/// How many rows a statement changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done(pub u64);

impl Done {
    pub const fn rows_affected(self) -> u64 {
        self.0
    }
}

impl Query {
    pub fn bind(mut self, value: impl Bind) -> Self {
        self.values.push(value.value());
        self
    }

    pub async fn execute<'t>(self, target: impl Into<Target<'t>>) -> Result<Done, sqlx::Error> {
        target.into().execute(self).await
    }

    pub async fn fetch_all<'t>(self, target: impl Into<Target<'t>>) -> Result<Vec<Row>, sqlx::Error> {
        target.into().fetch_all(self).await
    }

    pub async fn fetch_optional<'t>(self, target: impl Into<Target<'t>>) -> Result<Option<Row>, sqlx::Error> {
        target.into().fetch_optional(self).await
    }

    pub async fn fetch_one<'t>(self, target: impl Into<Target<'t>>) -> Result<Row, sqlx::Error> {
        self.fetch_optional(target).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// The statement as a database takes it, and whether a duplicate counts as no row.
    pub(crate) fn prepare(self, dialect: Dialect) -> Prepared {
        let translated = match &self.text {
            Text::Fixed(text) => remembered(dialect, text),
            Text::Built(text) => Arc::new(dialect.translate(text)),
        };
        let text = match self.text {
            Text::Fixed(text) if translated.text == text => text.into_sql_str(),
            _ => AssertSqlSafe(translated.text.clone()).into_sql_str(),
        };
        let values = match &translated.order {
            Some(order) => order.iter().map(|index| self.values.get(*index).cloned().unwrap_or(Value::Null)).collect(),
            None => self.values,
        };
        Prepared { text, values, skips_existing: translated.skips_existing }
    }
}

/// A statement for one database.
pub(crate) struct Prepared {
    pub text: SqlStr,
    values: Vec<Value>,
    pub skips_existing: bool,
}

macro_rules! arguments {
    ($name:ident, $type:ty) => {
        pub(crate) fn $name(&mut self) -> Result<$type, sqlx::Error> {
            let mut arguments = <$type>::default();
            for value in self.values.drain(..) {
                match value {
                    Value::Null => arguments.add(None::<String>),
                    Value::Integer(number) => arguments.add(number),
                    Value::Text(text) => arguments.add(text),
                    Value::Bytes(bytes) => arguments.add(bytes),
                }
                .map_err(sqlx::Error::Encode)?;
            }
            Ok(arguments)
        }
    };
}

impl Prepared {
    arguments!(sqlite, SqliteArguments);
    arguments!(mysql, MySqlArguments);
}

/// Translations of fixed statements: as many as the program has.
type Memory = RwLock<HashMap<(Dialect, &'static str), Arc<Translated>>>;
static MEMORY: LazyLock<Memory> = LazyLock::new(Memory::default);

fn remembered(dialect: Dialect, text: &'static str) -> Arc<Translated> {
    if let Some(found) = MEMORY.read().unwrap_or_else(PoisonError::into_inner).get(&(dialect, text)) {
        return found.clone();
    }
    let translated = Arc::new(dialect.translate(text));
    MEMORY.write().unwrap_or_else(PoisonError::into_inner).insert((dialect, text), translated.clone());
    translated
}

/// Every fixed statement that this process has run, as it was written.
pub fn statements() -> Vec<&'static str> {
    let memory = MEMORY.read().unwrap_or_else(PoisonError::into_inner);
    let texts: std::collections::BTreeSet<_> = memory.keys().map(|(_, text)| *text).collect();
    texts.into_iter().collect()
}

/// A query for single values.
#[must_use = "a statement does nothing until it is run"]
pub struct Scalar<T>(Query, PhantomData<fn() -> T>);

impl<T: for<'r> Column<'r>> Scalar<T> {
    pub fn bind(self, value: impl Bind) -> Self {
        Self(self.0.bind(value), PhantomData)
    }

    pub async fn fetch_one<'t>(self, target: impl Into<Target<'t>>) -> Result<T, sqlx::Error> {
        self.0.fetch_one(target).await?.at(0)
    }

    pub async fn fetch_optional<'t>(self, target: impl Into<Target<'t>>) -> Result<Option<T>, sqlx::Error> {
        self.0.fetch_optional(target).await?.map(|row| row.at(0)).transpose()
    }

    pub async fn fetch_all<'t>(self, target: impl Into<Target<'t>>) -> Result<Vec<T>, sqlx::Error> {
        self.0.fetch_all(target).await?.iter().map(|row| row.at(0)).collect()
    }
}

/// A query for a few columns.
#[must_use = "a statement does nothing until it is run"]
pub struct Tuple<T>(Query, PhantomData<fn() -> T>);

impl<T: FromRow> Tuple<T> {
    pub fn bind(self, value: impl Bind) -> Self {
        Self(self.0.bind(value), PhantomData)
    }

    pub async fn fetch_one<'t>(self, target: impl Into<Target<'t>>) -> Result<T, sqlx::Error> {
        T::from_row(&self.0.fetch_one(target).await?)
    }

    pub async fn fetch_optional<'t>(self, target: impl Into<Target<'t>>) -> Result<Option<T>, sqlx::Error> {
        self.0.fetch_optional(target).await?.as_ref().map(T::from_row).transpose()
    }

    pub async fn fetch_all<'t>(self, target: impl Into<Target<'t>>) -> Result<Vec<T>, sqlx::Error> {
        self.0.fetch_all(target).await?.iter().map(T::from_row).collect()
    }
}

/// A statement that is put together: for lists whose filters are known only when asked.
pub struct QueryBuilder {
    text: String,
    values: Vec<Value>,
}

impl QueryBuilder {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// Adds a piece of the program's own text, never of a user's.
    pub fn push(&mut self, text: impl std::fmt::Display) -> &mut Self {
        self.text.push_str(&text.to_string());
        self
    }

    pub fn push_bind(&mut self, value: impl Bind) -> &mut Self {
        self.text.push('?');
        self.values.push(value.value());
        self
    }

    pub fn build(&mut self) -> Query {
        Query { text: Text::Built(std::mem::take(&mut self.text)), values: std::mem::take(&mut self.values) }
    }
}
