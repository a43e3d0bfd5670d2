//! What people think of machines. Comments will stand beside likes.

mod like;

pub use like::{Stance, Standing};
