//! Waiting for a state of a whole platform.

use std::fmt::Debug;
use std::time::Duration;

pub use testkit::until_within;

/// Generous: on two cores with three platforms at once everything takes longer than alone.
const DEADLINE: Duration = Duration::from_secs(120);

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
