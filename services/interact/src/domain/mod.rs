//! What a log is to its viewer, without a wire format.

mod cursor;
mod frame;
mod origin;

pub use cursor::{Cursor, NotACursor};
pub use frame::{LogFrame, LogsWanted, Output};
pub use origin::same_origin;
