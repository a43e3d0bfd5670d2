//! What containers said: read from the engine once, numbered and stored on files, given to any number of readers.
//! A log outlives its container and a restart of Berth; it goes when it is forgotten.

mod entry;
mod feed;
mod followers;
mod log;
mod reader;
mod record;
mod segment;
mod sieve;
mod store;
#[cfg(test)]
mod tests;

pub use entry::{Entry, Line, Seq, What};
pub use feed::stream;
pub use followers::Followers;
pub use log::{Log, Page, Phase};
pub use store::{Bounds, LogStore};
