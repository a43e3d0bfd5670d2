//! The vocabulary that every part of Berth shares. No I/O, no wire format of its own, no service's rules:
//! what stands here is needed by at least two services and means the same in each.

pub mod ambient;
pub mod caller;
pub mod context;
pub mod error;
pub mod id;
pub mod machine;
pub mod page;
pub mod seal;
pub mod size;
pub mod time;

pub use ambient::{Ambient, Clock, Entropy};
pub use caller::{Caller, Role, ServiceName};
pub use error::{Again, ErrorCode, Failure, Left, Row, RpcCode};
pub use id::{
    AllocationId, EventId, InstallationId, MachineId, SandboxId, SessionId, SiteId, TenantId, UserId, VolumeId,
};
pub use page::{Cursor, Page, PageRequest};
pub use seal::{MasterKey, SealingKey};
pub use size::{Bytes, Cpu};
pub use time::{Span, Timestamp};

/// Nobody's id.
pub const NIL: uuid::Uuid = uuid::Uuid::nil();
