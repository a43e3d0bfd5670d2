//! `/notifications/webhooks`: where a user has events sent to.

pub mod create;
pub mod delete;
pub mod deliveries;
pub mod list;
pub mod rotate;
pub mod test;
pub mod update;
