//! Waiting for a state, with a deadline that names the states seen.

use std::fmt::Debug;
use std::future::Future;
use std::time::{Duration, Instant};

/// Looks again and again until `look` gives what `wanted` accepts, and returns it.
///
/// # Panics
/// After 30 s, with the states seen on the way.
pub async fn until<T: Debug, F: Future<Output = T>>(look: impl Fn() -> F, wanted: impl Fn(&T) -> bool) -> T {
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
        assert!(began.elapsed() < Duration::from_secs(30), "waited for 30 s and saw: {seen:#?}");
        // The interval between two looks, not a guess at how long something takes.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
