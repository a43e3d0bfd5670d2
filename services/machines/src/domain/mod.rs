//! What a catalogue is, without storage or wire.

mod listing;
mod machine;
mod revision;
mod standing;

pub use listing::{Filter, Listing, Search, Sort, SortBy};
pub use machine::{Cause, Expected, Machine, Offer};
pub use revision::Revision;
pub use standing::Standing;
