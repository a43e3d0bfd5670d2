//! Waiting for a state, with a deadline that tells the states seen. The only place in the scenarios where time passes.

use std::fmt::Debug;
use std::future::Future;
use std::time::{Duration, Instant};

/// Generous: on two cores with three platforms at once everything takes longer than alone.
const DEADLINE: Duration = Duration::from_secs(120);
/// Between two looks; no guess at how long anything takes.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until `wanted` holds of what `look` gives, and returns that.
///
/// # Panics
/// After two minutes, with the states seen on the way.
pub async fn until<T: Debug, F: Future<Output = T>>(
    what: &str,
    look: impl Fn() -> F,
    wanted: impl Fn(&T) -> bool,
) -> T {
    until_within(DEADLINE, what, look, wanted).await
}

/// The same with another deadline, for what is promised within a time.
///
/// # Panics
/// When the time is up, with the states seen on the way.
pub async fn until_within<T: Debug, F: Future<Output = T>>(
    deadline: Duration,
    what: &str,
    look: impl Fn() -> F,
    wanted: impl Fn(&T) -> bool,
) -> T {
    let began = Instant::now();
    let mut seen: Vec<String> = Vec::new();
    loop {
        let state = look().await;
        if wanted(&state) {
            return state;
        }
        let text = format!("{state:?}");
        if seen.last() != Some(&text) {
            seen.push(text);
        }
        assert!(began.elapsed() < deadline, "waited {deadline:?} for {what} and saw {seen:#?}");
        tokio::time::sleep(PAUSE).await;
    }
}
