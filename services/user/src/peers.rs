//! Ports that other services answer over gRPC: what tenants hold, and what is kept of a user.

mod holdings;
mod kept;
#[cfg(test)]
mod tests;

pub use holdings::AllocationHoldings;
pub use kept::KeptByPeers;
