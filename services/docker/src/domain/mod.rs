//! What a sandbox, a container, a volume and a network of ours are. Pure: no engine, no clock, no I/O.

pub mod found;
pub mod identity;
pub mod image;
pub mod network;
pub mod spec;
pub mod subnet;

pub use found::{FoundContainer, FoundNetwork, FoundSandbox, FoundVolume, Inspected, Listing};
pub use identity::{Command, Identity, Kind, Owner};
pub use image::ImageRef;
pub use network::NetworkSpec;
pub use spec::{ContainerSpec, Mount, Published, SandboxSpec, VolumeSpec};
pub use subnet::Cidr;
