//! The feed over REST, one endpoint a file.

pub mod comment;
pub mod like;
mod paths;
mod views;

#[cfg(test)]
mod tests;
