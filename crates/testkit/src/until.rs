//! Waiting for a state, with a deadline that names the states seen. The only place in tests where time passes.

use std::fmt::Debug;
use std::future::Future;
use std::time::{Duration, Instant};

/// Between two looks; no guess at how long anything takes.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until `wanted` holds of what `look` gives, and returns that.
///
/// # Panics
/// After 30 s, with the states seen on the way.
pub async fn until<T: Debug, F: Future<Output = T>>(look: impl Fn() -> F, wanted: impl Fn(&T) -> bool) -> T {
    until_within(Duration::from_secs(30), "the state that is wanted", look, wanted).await
}

/// The same with another deadline, and a name for what is waited for.
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
        assert!(began.elapsed() < deadline, "waited {deadline:?} for {what} and saw: {seen:#?}");
        tokio::time::sleep(PAUSE).await;
    }
}
