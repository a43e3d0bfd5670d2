//! Where users logged in from, in the database: so that a login from elsewhere can be told.

use kit::Failure;
use sql::{Connection, Stored as _};

use crate::domain::place::REMEMBERED;
use crate::domain::{NewSession, User};

/// Remembers the place of a login; whether its user logged in before and never from there.
pub async fn visit(connection: &mut Connection, user: &User, login: &NewSession) -> Result<bool, Failure> {
    let (all, here): (i64, i64) =
        sql::query_as("SELECT COUNT(*), COUNT(CASE WHEN place = ? THEN 1 END) FROM login_places WHERE user_id = ?")
            .bind(login.place.as_slice())
            .bind(user.id.as_bytes())
            .fetch_one(&mut *connection)
            .await
            .stored()?;
    sql::query(
        "INSERT INTO login_places (user_id, place, seen_at) VALUES (?, ?, ?)
         ON CONFLICT (user_id, place) DO UPDATE SET seen_at = excluded.seen_at",
    )
    .bind(user.id.as_bytes())
    .bind(login.place.as_slice())
    .bind(login.at.as_micros())
    .execute(&mut *connection)
    .await
    .stored()?;
    if all >= i64::from(REMEMBERED) && here == 0 {
        forget_oldest(connection, user).await?;
    }
    Ok(all > 0 && here == 0)
}

async fn forget_oldest(connection: &mut Connection, user: &User) -> Result<(), Failure> {
    let oldest: Option<Vec<u8>> =
        sql::query_scalar("SELECT place FROM login_places WHERE user_id = ? ORDER BY seen_at LIMIT 1")
            .bind(user.id.as_bytes())
            .fetch_optional(&mut *connection)
            .await
            .stored()?;
    let delete = sql::query("DELETE FROM login_places WHERE user_id = ? AND place = ?");
    delete.bind(user.id.as_bytes()).bind(oldest).execute(connection).await.stored().map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kit::SessionId;
    use sql::Database;
    use testkit::TestClock;
    use testkit::databases::fresh_both;

    use super::*;
    use crate::domain::NewToken;
    use crate::samples;
    use crate::store::sql::TABLES;

    struct World {
        database: Database,
        clock: TestClock,
        user: User,
    }

    fn world(database: Database) -> World {
        let clock = TestClock::default();
        let user = samples::user(&clock.ambient());
        World { database, clock, user }
    }

    impl World {
        /// A second later, from this place: whether that is news.
        async fn log_in(&self, place: u8) -> bool {
            self.clock.advance(Duration::from_secs(1));
            let ambient = self.clock.ambient();
            let login = NewSession {
                id: SessionId::mint(&ambient),
                address: String::new(),
                agent: String::new(),
                place: [place; 32],
                token: NewToken { hash: [0; 32], expires_at: ambient.now() },
                at: ambient.now(),
            };
            let user = self.user.clone();
            self.database.write(move |c| Box::pin(async move { visit(c, &user, &login).await })).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_place_is_news_once_and_the_very_first_is_none() {
        for (database, _keep) in fresh_both(TABLES).await {
            let world = world(database);
            let mut news = Vec::new();
            for place in [1, 1, 2, 1, 2] {
                news.push(world.log_in(place).await);
            }
            assert_eq!(news, [false, false, true, false, false]);
        }
    }

    #[tokio::test]
    async fn the_place_that_was_not_seen_for_longest_is_forgotten_first() {
        for (database, _keep) in fresh_both(TABLES).await {
            let world = world(database);
            for place in 0..REMEMBERED as u8 {
                world.log_in(place).await;
            }
            assert!(!world.log_in(0).await && world.log_in(200).await);
            assert!(!world.log_in(0).await, "it was seen a moment ago");
            assert!(world.log_in(1).await, "it made way");
        }
    }
}
