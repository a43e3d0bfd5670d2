//! Whether a service's tables are the same in a SQLite file and on a MySQL server, said line by line.

use std::collections::{BTreeMap, BTreeSet};

use sql::{Database, Migrations, Row};

use super::{fresh_mysql, fresh_sqlite};

/// Every column with its kind, nullability and default, every key and index, as lines to compare.
type Lines = BTreeSet<String>;

/// Compares what these migrations make on either database: columns, kinds, what may be null, defaults, keys and indexes.
/// `expected` names the differences that there are for a reason, such as `mysql: outbox.shard integer not null default 0`.
///
/// # Panics
/// On any other difference, and on an expected one that is none.
pub async fn same_schema(sets: &[&Migrations], expected: &[&str]) {
    let (file, _directory) = fresh_sqlite(sets).await;
    let (server, _own) = fresh_mysql(sets).await;
    let differences = differences(&of_sqlite(&file).await, &of_mysql(&server).await);
    let expected: BTreeSet<String> = expected.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(differences, expected, "the schemas differ in other ways than expected");
}

fn differences(sqlite: &Lines, mysql: &Lines) -> BTreeSet<String> {
    let only = |name: &str, these: &Lines, those: &Lines| {
        these.difference(those).map(|line| format!("{name}: {line}")).collect::<Vec<_>>()
    };
    let (left, right) = (only("sqlite", sqlite, mysql), only("mysql", mysql, sqlite));
    left.into_iter().chain(right).collect()
}

fn column(table: &str, name: &str, kind: &str, nullable: bool, default: Option<&str>) -> String {
    let kind = match kind.to_ascii_lowercase().as_str() {
        "integer" | "bigint" | "int" | "smallint" | "tinyint" => "integer",
        "text" | "varchar" | "char" | "mediumtext" | "longtext" => "text",
        "blob" | "binary" | "varbinary" | "mediumblob" | "longblob" => "blob",
        other => panic!("{table}.{name} is of a kind that no table of ours has: {other}"),
    };
    let null = if nullable { "" } else { " not null" };
    // MariaDB quotes texts and says NULL, MySQL does neither.
    let default = default.map(|default| default.trim_matches('\'')).filter(|default| *default != "NULL");
    let default = default.map(|default| format!(" default {default}")).unwrap_or_default();
    format!("{table}.{name} {kind}{null}{default}")
}

fn key(table: &str, kind: &str, columns: &[String]) -> String {
    format!("{table} {kind} ({})", columns.join(", "))
}

async fn rows(database: &Database, statement: &'static str, table: Option<&str>) -> Vec<Row> {
    let query = sql::query(statement);
    let query = if let Some(table) = table { query.bind(table) } else { query };
    query.fetch_all(database.readers()).await.expect("the schema can be read")
}

fn text(row: &Row, index: usize) -> String {
    row.at::<String>(index).expect("a text")
}

fn number(row: &Row, index: usize) -> i64 {
    row.at::<i64>(index).expect("a number")
}

async fn of_sqlite(database: &Database) -> Lines {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         AND name NOT LIKE '_sqlx_%'";
    let mut lines = Lines::new();
    for row in rows(database, tables, None).await {
        let table = text(&row, 0);
        let mut primary = BTreeMap::new();
        let columns = "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?)";
        for row in rows(database, columns, Some(&table)).await {
            let (name, place) = (text(&row, 0), number(&row, 4));
            let default = row.at::<Option<String>>(3).expect("a text or none");
            // The column that is the row's number never is null, though nothing says so.
            let nullable = number(&row, 2) == 0 && place == 0;
            lines.insert(column(&table, &name, &text(&row, 1), nullable, default.as_deref()));
            if place > 0 {
                primary.insert(place, name);
            }
        }
        lines.insert(key(&table, "primary key", &primary.into_values().collect::<Vec<_>>()));
        lines.extend(sqlite_indexes(database, &table).await);
    }
    lines
}

async fn sqlite_indexes(database: &Database, table: &str) -> Lines {
    let mut lines = Lines::new();
    let indexes = "SELECT name, \"unique\", partial FROM pragma_index_list(?) WHERE origin <> 'pk'";
    for row in rows(database, indexes, Some(table)).await {
        let (name, unique, partial) = (text(&row, 0), number(&row, 1) == 1, number(&row, 2) == 1);
        let columns = "SELECT name FROM pragma_index_info(?) ORDER BY seqno";
        let columns: Vec<String> = rows(database, columns, Some(&name)).await.iter().map(|row| text(row, 0)).collect();
        let kind = if unique { "unique" } else { "index" };
        let partial = if partial { " of some rows" } else { "" };
        lines.insert(format!("{}{partial}", key(table, kind, &columns)));
    }
    lines
}

async fn of_mysql(database: &Database) -> Lines {
    let columns = "SELECT table_name, column_name, data_type, is_nullable, column_default
         FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_sqlx\\_%'";
    let mut lines = Lines::new();
    for row in rows(database, columns, None).await {
        let default = row.at::<Option<String>>(4).expect("a text or none");
        lines.insert(column(
            &text(&row, 0),
            &text(&row, 1),
            &text(&row, 2),
            text(&row, 3) == "YES",
            default.as_deref(),
        ));
    }
    let indexed = "SELECT table_name, index_name, CAST(non_unique AS SIGNED), column_name FROM information_schema.statistics
         WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_sqlx\\_%' ORDER BY table_name, index_name, seq_in_index";
    let mut indexes: BTreeMap<(String, String, bool), Vec<String>> = BTreeMap::new();
    for row in rows(database, indexed, None).await {
        let index = (text(&row, 0), text(&row, 1), number(&row, 2) == 0);
        indexes.entry(index).or_default().push(text(&row, 3));
    }
    lines.extend(indexes.into_iter().map(|((table, name, unique), columns)| {
        let kind = match (name.as_str(), unique) {
            ("PRIMARY", _) => "primary key",
            (_, true) => "unique",
            (_, false) => "index",
        };
        key(&table, kind, &columns)
    }));
    lines
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::SqlSafeStr as _;
    use sqlx::migrate::{Migration, MigrationType, Migrator};

    use super::*;
    use crate::databases::Shelf;

    fn set(sqlite: &[&'static str], mysql: &[&'static str]) -> Migrations {
        let migrator = |statements: &[&'static str]| {
            let migrations = statements.iter().enumerate().map(|(at, statement)| {
                let text = statement.into_sql_str();
                Migration::new(at as i64 + 1, Cow::Borrowed("t"), MigrationType::Simple, text, false)
            });
            Migrator { migrations: Cow::Owned(migrations.collect()), ..Migrator::DEFAULT }
        };
        Migrations { sqlite: migrator(sqlite), mysql: Some(migrator(mysql)) }
    }

    #[tokio::test]
    async fn tables_that_say_the_same_in_their_own_words_are_the_same() {
        let sqlite = [
            "CREATE TABLE t (id BLOB NOT NULL PRIMARY KEY, name TEXT, flag INTEGER NOT NULL DEFAULT 0,
                 kind TEXT NOT NULL DEFAULT 'mail') STRICT",
            "CREATE UNIQUE INDEX t_name ON t (name)",
            "CREATE INDEX t_flag ON t (flag, id)",
            "CREATE TABLE numbered (position INTEGER PRIMARY KEY AUTOINCREMENT) STRICT",
        ];
        let mysql = [
            "CREATE TABLE t (id BINARY(16) NOT NULL PRIMARY KEY, name VARCHAR(9), flag BIGINT NOT NULL DEFAULT 0,
                 kind VARCHAR(9) NOT NULL DEFAULT 'mail', UNIQUE INDEX t_name (name), INDEX t_flag (flag, id))",
            "CREATE TABLE numbered (position BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY)",
        ];
        same_schema(&[&set(&sqlite, &mysql)], &[]).await;
    }

    #[tokio::test]
    async fn every_difference_is_named() {
        let sqlite = [
            "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b TEXT, c BLOB) STRICT",
            "CREATE INDEX t_b ON t (b) WHERE b > ''",
        ];
        let mysql = ["CREATE TABLE t (a BIGINT NOT NULL PRIMARY KEY, b VARCHAR(9) NOT NULL, d BIGINT, INDEX t_b (b))"];
        let expected = [
            "sqlite: t.b text",
            "mysql: t.b text not null",
            "sqlite: t.c blob",
            "mysql: t.d integer",
            "sqlite: t index (b) of some rows",
            "mysql: t index (b)",
        ];
        same_schema(&[&set(&sqlite, &mysql)], &expected).await;
    }

    #[tokio::test]
    async fn what_a_case_left_is_gone_for_the_next_and_what_the_migrations_put_there_stays() {
        let mysql = [
            "CREATE TABLE seeded (id BIGINT PRIMARY KEY)",
            "INSERT INTO seeded VALUES (1)",
            "CREATE TABLE kept (id BIGINT PRIMARY KEY)",
            "CREATE TRIGGER kept_kept BEFORE DELETE ON kept FOR EACH ROW SIGNAL SQLSTATE '45000'",
        ];
        let sets: &'static [&'static Migrations] = vec![&*Box::leak(Box::new(set(&[], &mysql)))].leak();
        let shelf = Shelf::new(1, sets);
        for _ in 0..2 {
            let (database, _lent) = shelf.lend().await;
            let count = "SELECT (SELECT COUNT(*) FROM seeded), (SELECT COUNT(*) FROM kept)";
            let counts: (i64, i64) = sql::query_as(count).fetch_one(database.readers()).await.unwrap();
            assert_eq!(counts, (1, 0));
            sql::query("INSERT INTO kept VALUES (7)").execute(database.readers()).await.unwrap();
        }
    }
}
