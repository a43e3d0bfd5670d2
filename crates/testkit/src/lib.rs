//! What tests share. Nothing here sleeps for a guess: tests wait for states, and move their own clock.

pub mod clock;
pub mod contract;
pub mod until;

pub use clock::TestClock;
pub use contract::Case;
pub use until::until;
