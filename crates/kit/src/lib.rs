//! The vocabulary that every part of Berth shares. No I/O, no wire format of its own, no service's rules:
//! what stands here is needed by at least two services and means the same in each.

pub mod ambient;
pub mod api_key;
pub mod audit;
pub mod caller;
pub mod context;
pub mod error;
pub mod id;
pub mod machine;
pub mod net;
pub mod page;
pub mod scope;
pub mod seal;
pub mod size;
pub mod sort;
pub mod time;
pub mod trace;

pub use ambient::{Ambient, Clock, Entropy};
pub use audit::Act;
pub use caller::{Caller, Role, ServiceName};
pub use error::{Again, ErrorCode, Failure, Left, Row, RpcCode};
pub use id::{
    AllocationId, ApiKeyId, CommentId, EventId, InstallationId, MachineId, SandboxId, SessionId, SiteId, TenantId,
    UserId, VolumeId, WebhookId,
};
pub use page::{Cursor, Page, PageRequest};
pub use scope::{Access, Scope};
pub use seal::{MasterKey, SealingKey};
pub use size::{Bytes, Cpu};
pub use sort::Sort;
pub use time::{Span, Timestamp};
pub use trace::Traceparent;

/// Nobody's id.
pub const NIL: uuid::Uuid = uuid::Uuid::nil();
