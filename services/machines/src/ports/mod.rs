//! What the catalogue needs from the world.

mod standings;
mod store;

pub use standings::Standings;
pub use store::MachineStore;
