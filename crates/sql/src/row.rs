//! What comes out of a statement, from either database.

use sqlx::mysql::MySqlRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, MySql, Row as _, Sqlite, Type, TypeInfo as _, ValueRef as _};

/// One row of an answer.
pub enum Row {
    Sqlite(SqliteRow),
    MySql(MySqlRow),
}

/// A type that a column can be read as.
pub trait Column<'r>: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, MySql> + Type<MySql> {}

impl<'r, T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, MySql> + Type<MySql>> Column<'r> for T {}

impl Row {
    /// The value of a column, by its name.
    ///
    /// # Panics
    /// Where the row has no such column, or it holds something else: both are mistakes in the statement.
    pub fn get<'r, T: Column<'r>>(&'r self, column: &str) -> T {
        self.try_get(column).unwrap_or_else(|error| panic!("the column {column} cannot be read: {error}"))
    }

    /// The same, for columns whose content may be broken.
    pub fn try_get<'r, T: Column<'r>>(&'r self, column: &str) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::MySql(row) => from_mysql(row, column),
        }
    }

    /// The value at a place, counted from 0.
    pub fn at<'r, T: Column<'r>>(&'r self, index: usize) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(index),
            Self::MySql(row) => from_mysql(row, index),
        }
    }

    /// The names of its columns, in their order.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Sqlite(row) => row.columns().iter().map(sqlx::Column::name).collect(),
            Self::MySql(row) => row.columns().iter().map(sqlx::Column::name).collect(),
        }
    }
}

/// All our integers are signed, and flags are integers, so MySQL's own idea of what fits a `u32` or a `bool` does not help.
/// What must not be read as one is a sum, which MySQL gives as a decimal: cast it.
fn from_mysql<'r, T: Column<'r>, I: sqlx::ColumnIndex<MySqlRow> + Copy>(
    row: &'r MySqlRow,
    index: I,
) -> Result<T, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.type_info().name() == "DECIMAL" {
        return Err(sqlx::Error::Decode("a decimal: cast it AS SIGNED in the statement".into()));
    }
    row.try_get_unchecked(index)
}

/// What a whole row can be read as: one column, or a few in their order.
pub trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error>;
}

macro_rules! from_row {
    ($($name:ident $index:literal),*) => {
        impl<$($name: for<'r> Column<'r>),*> FromRow for ($($name,)*) {
            fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
                Ok(($(row.at::<$name>($index)?,)*))
            }
        }
    };
}

from_row!(A 0, B 1);
from_row!(A 0, B 1, C 2);
from_row!(A 0, B 1, C 2, D 3);
