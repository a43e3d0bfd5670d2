//! The plumbing between services and the world: how a failure, a caller, a body and a peer look over REST and gRPC.
//! No service's rules live here.

pub mod auth;
pub mod context;
pub mod drain;
pub mod health;
pub mod json;
pub mod limit;
pub mod observe;
pub mod origin;
pub mod peer;
pub mod problem;
pub mod remote;
pub mod service;
pub mod task;
pub mod telemetry;
pub mod tls;

pub use auth::{Admin, Anyone, Authenticated, Door, Gate, KeyRing, Verified, scope};
pub use json::{Json, PathId, Query};
pub use peer::{Allow, Network, Peer, Pipes};
pub use problem::{Problem, Problems};
pub use service::Service;
pub use task::{Report, Task};
pub use tls::{Tls, TlsFiles, TlsNetwork};
