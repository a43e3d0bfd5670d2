//! The feed over REST, one endpoint a file. Comments will be a folder beside `like`.

pub mod like;
pub mod views;

#[cfg(test)]
mod tests;
