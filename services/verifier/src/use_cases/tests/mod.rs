//! What users must not notice, and what must not be held up.

mod checks;
mod copies;
mod keys;
mod revocations;
mod shared;
