//! What the verifier does by itself.

mod closures;

pub use closures::ClosurePoll;
