//! What a log is to its viewer, without a wire format.

mod cursor;
mod frame;

pub use cursor::{Cursor, NotACursor};
pub use frame::{LogFrame, LogsWanted, Output};
