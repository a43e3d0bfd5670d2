//! What tests share. Nothing here sleeps for a guess: tests wait for states, and move their own clock.

pub mod clock;
#[cfg(feature = "collector")]
pub mod collector;
pub mod contract;
#[cfg(feature = "databases")]
pub mod databases;
#[cfg(feature = "door")]
pub mod door;
#[cfg(feature = "outbox")]
pub mod outbox;
pub mod servers;
pub mod until;

pub use clock::TestClock;
pub use contract::Case;
#[cfg(feature = "door")]
pub use door::{TestDoor, Who};
pub use until::{until, until_within};
