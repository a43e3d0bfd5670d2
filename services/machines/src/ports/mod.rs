//! What the catalogue needs from the world.

mod store;

pub use store::MachineStore;
