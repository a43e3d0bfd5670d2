//! What people think and say of machines, and what is known of those people.

mod comment;
mod counts;
mod like;
mod pace;
mod person;

pub use comment::{Comment, CommentText, Draft, Remover};
pub use counts::Counts;
pub use like::{Opinion, Stance, Standing};
pub use pace::Pace;
pub use person::{Author, Effect, Life, Person, Presence, shown_name};
