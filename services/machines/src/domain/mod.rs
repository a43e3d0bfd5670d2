//! What a catalogue is, without storage or wire.

mod listing;
mod machine;

pub use listing::{Filter, Listing, Sort, SortBy};
pub use machine::{Cause, Expected, Machine, Offer};
