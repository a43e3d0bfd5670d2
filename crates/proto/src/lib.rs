//! What travels between services: generated from `/proto`, with conversions that check what comes in.

/// Messages, clients and servers of `berth.v1`.
#[allow(clippy::pedantic, reason = "generated code")]
pub mod v1 {
    tonic::include_proto!("berth.v1");
}

pub mod convert;
mod reads;

pub use reads::is_read;

/// The compiled `.proto` files, for gRPC reflection and for the check that they change only by addition.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
