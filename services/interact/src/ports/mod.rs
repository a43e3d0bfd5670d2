//! What this service asks of others.

mod allocations;
mod closures;
mod logs;
mod sessions;

pub use allocations::{Allocations, Standing};
pub use closures::{Closed, Closures};
pub use logs::Logs;
pub use sessions::{Admitted, Sessions};
