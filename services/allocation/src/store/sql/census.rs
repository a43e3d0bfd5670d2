//! How many allocations are in which state, and how long work waits: what operators watch.

use kit::Failure;
use sql::{Readers, Row, Stored as _};

use crate::domain::lifecycle::State;
use crate::ports::fleet::Census;

pub async fn take(readers: &Readers) -> Result<Census, Failure> {
    let query = sql::query("SELECT state, COUNT(*) AS held FROM allocation WHERE state <> 'removed' GROUP BY state");
    let rows = query.fetch_all(readers).await.stored()?;
    let state = |row: &Row| {
        let (name, count): (String, i64) = (row.get("state"), row.get("held"));
        let state = State::parse(&name).ok_or_else(|| Failure::internal(format!("no state is called {name}")))?;
        Ok((state, count as u64))
    };
    // Due, and in nobody's hands since then.
    let waited = "SELECT COALESCE(NOW_MICROS() - MIN(COALESCE(lease_until, not_before)), 0) FROM work
         WHERE not_before <= NOW_MICROS() AND (lease_until IS NULL OR lease_until < NOW_MICROS())";
    let waited: i64 = sql::query_scalar(waited).fetch_one(readers).await.stored()?;
    Ok(Census {
        states: rows.iter().map(state).collect::<Result<_, _>>()?,
        waiting: std::time::Duration::from_micros(waited.max(0) as u64),
    })
}
