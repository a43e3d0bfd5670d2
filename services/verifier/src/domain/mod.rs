//! What a verdict rests on, and how it is reached.

mod closures;
mod copies;
mod key;
mod person;

pub use closures::{Closure, Closures};
pub use copies::{AllocationCopy, Effect, MachineCopy, Revised};
pub use key::Key;
pub use person::{Asking, Need, Person, verdict};
