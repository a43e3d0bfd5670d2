//! The keyspace is brought up to date once, by however many replicas.

use std::collections::BTreeSet;
use std::path::Path;

use futures::future::join_all;

use super::super::migrate::MIGRATIONS;
use super::super::statements::TEXTS;
use super::{Keyspace, alone, shared};

#[test]
fn every_file_is_run_and_holds_one_statement() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/feed/cql");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.collect();
    let named: Vec<String> = MIGRATIONS.iter().map(|(name, _)| format!("{name}.cql")).collect();
    assert!(named.is_sorted(), "they run in the order of their names");
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), files);
    for (name, cql) in MIGRATIONS {
        let lines = cql.lines().filter(|line| !line.starts_with("--"));
        let statement: String = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(statement.matches(';').count(), 1, "{name} holds one statement");
        assert!(statement.contains("IF NOT EXISTS"), "{name} can be repeated");
    }
}

/// Says in the environment that what is asked is to be recorded, and for which release.
const RECORD: &str = "TEST_RECORD_RELEASE";
/// Between two statements of a file.
const END: &str = "\n;\n";

/// Replicas of the release before serve on after the first of this one has migrated.
#[tokio::test]
async fn what_older_releases_ask_is_understood_by_this_ones_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/feed/statements");
    if let Ok(release) = std::env::var(RECORD) {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{release}.cql")), TEXTS.join(END) + END).unwrap();
    }
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let texts: BTreeSet<String> =
        files.flat_map(|text| text.split(END).map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(texts.len() > 1, "a release was recorded");
    let test = |keyspace: Keyspace| async move {
        let feed = keyspace.feed().await;
        for text in texts.iter().filter(|text| !text.is_empty()) {
            feed.link.understands(&text.replace("{}", &keyspace.0.keyspace)).await.unwrap();
        }
    };
    shared(test).await;
}

#[tokio::test]
async fn of_many_replicas_that_start_at_once_each_finds_every_table() {
    let test = |keyspace: Keyspace| async move {
        let feeds = join_all((0..4).map(|_| keyspace.feed())).await;
        let question = format!("SELECT name FROM {}.schema_migration", keyspace.0.keyspace);
        let names: Vec<(String,)> = feeds[0].link.ask(&question).await.unwrap();
        let names: BTreeSet<String> = names.into_iter().map(|(name,)| name).collect();
        let expected: BTreeSet<String> = MIGRATIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(names, expected, "each is recorded, and the lease is given back");
        let generations = join_all(feeds.iter().map(|feed| feed.generation("feed"))).await;
        let generations: BTreeSet<_> = generations.into_iter().map(Result::unwrap).collect();
        assert_eq!(generations.len(), 1, "a keyspace has one generation");
        assert_ne!(feeds[0].generation("other").await.unwrap(), generations.into_iter().next().unwrap());
    };
    alone(test).await;
}
