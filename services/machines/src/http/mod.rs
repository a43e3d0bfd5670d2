//! The catalogue over REST, one endpoint a file.

pub mod body;
pub mod create;
pub mod delete;
pub mod list;
pub mod precondition;
pub mod revisions;
mod schema;
pub mod show;
pub mod shown;
pub mod update;
pub mod views;

#[cfg(test)]
mod tests;
