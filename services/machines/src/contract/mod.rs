//! What every backend of this service's ports must do.

pub mod machine_store;
