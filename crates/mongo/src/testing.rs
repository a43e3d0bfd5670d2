//! A database of its own for a test, gone when the test is over.

use std::time::Duration;

use kit::Ambient;

use crate::Database;

/// Drops its database when it is dropped, also where the test failed.
pub struct Scratch {
    url: String,
    name: String,
}

impl Scratch {
    /// On the servers of this URL, with a deadline that only servers that are away do not keep.
    ///
    /// # Panics
    /// Where the URL is none.
    pub async fn database(url: &str) -> (Database, Self) {
        let name = format!("test_{}", Ambient::system().uuid().simple());
        let mut database = Database::connect(url, &name).await.expect("a URL of MongoDB servers");
        // A machine that builds and tests at once is slow, which is not what tests are about.
        database.deadline = Duration::from_secs(60);
        (database, Self { url: url.to_owned(), name })
    }
}

/// Forgets which migrations were taken, as where a replica died between a step and its record.
///
/// # Panics
/// Where the server does not answer.
pub async fn forget_migrations(database: &Database) {
    database.collection("migrations").drop().await.expect("a server that answers");
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.name.clone());
        // A test's runtime may be ending, so the work has a thread and a runtime of its own, and is waited for.
        let work = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let client = mongodb::Client::with_uri_str(&url).await?;
                let done = client.database(&name).drop().await;
                client.shutdown().await;
                done
            })
        });
        if !matches!(work.join(), Ok(Ok(()))) {
            tracing::error!(database = self.name, "a test's database stays behind");
        }
    }
}
