//! The suites on a server, where the other replica has a pool of its own.

use sql::Database;
use testkit::databases::{Lent, Shelf};

use super::{MIGRATIONS, SETS, Settings, SqlStore, settings, sides};
use crate::contract::World;

/// So many cases of a suite run at once.
const DATABASES: usize = 3;

/// A world on a database that was lent.
pub fn world_of(database: Database, settings: Settings, lent: Lent) -> World {
    let other = Database::connect(&lent.url()).unwrap();
    let sides = sides(&SqlStore::new(database, settings), &other);
    World::new(sides, Box::new((other, lent)))
}

/// Two worlds on one database, as two processes see it.
pub fn worlds_of(url: &str, settings: &Settings) -> (World, World) {
    let world = || {
        let (database, other) = (Database::connect(url).unwrap(), Database::connect(url).unwrap());
        World::new(sides(&SqlStore::new(database, settings.clone()), &other), Box::new(()))
    };
    (world(), world())
}

async fn world(shelf: &Shelf) -> World {
    let (database, lent) = shelf.lend().await;
    world_of(database, settings(), lent)
}

super::suites!(shelf = Shelf::new(DATABASES, &SETS), || world(&shelf));

#[tokio::test]
async fn older_releases_serve_on_while_the_schema_is_this_one() {
    testkit::databases::serves_older_releases("allocation", &SETS).await;
}

#[tokio::test]
async fn replicas_may_migrate_at_once_and_again() {
    testkit::databases::migrates_from_many_at_once(&SETS).await;
}

#[tokio::test]
async fn the_tables_are_those_of_a_file() {
    testkit::databases::same_schema(&[&MIGRATIONS], &[]).await;
}
