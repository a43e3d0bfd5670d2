//! `/notifications/preferences`: which messages a user wants.

pub mod show;
pub mod update;
