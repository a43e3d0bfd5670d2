//! `/feed/{machine_id}/comments`: what people say about a machine.

pub mod create;
pub mod delete;
pub mod edit;
pub mod list;
