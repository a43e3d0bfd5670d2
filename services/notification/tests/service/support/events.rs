//! Events as the other services announce them.

use kit::{Ambient, TenantId, UserId};
use proto::v1::{Allocation, AllocationEvent, AllocationPort, User, UserEvent};

/// A verified user who wants mail and no texts.
pub fn ada(ambient: &Ambient) -> User {
    User {
        id: UserId::mint(ambient).to_string(),
        tenant_id: TenantId::mint(ambient).to_string(),
        email: "ada@example.org".into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        phone_number: Some("+4915112345678".into()),
        phone_verified: true,
        verified: true,
        email_notification: true,
        sms_notification: false,
        created_at: ambient.now().as_micros(),
        updated_at: ambient.now().as_micros(),
        revision: 1,
        ..User::default()
    }
}

pub fn user_event(user: &User) -> UserEvent {
    UserEvent { user: Some(user.clone()), ..UserEvent::default() }
}

/// A Redis of a user's in a state.
pub fn cache(ambient: &Ambient, user: &User, state: &str) -> Allocation {
    Allocation {
        id: kit::AllocationId::mint(ambient).to_string(),
        tenant_id: user.tenant_id.clone(),
        user_id: user.id.clone(),
        name: "cache".into(),
        machine_id: kit::MachineId::mint(ambient).to_string(),
        machine_revision: 3,
        machine_name: "redis".into(),
        site: "local".into(),
        desired: "running".into(),
        state: state.into(),
        host: "127.0.0.1".into(),
        ports: vec![AllocationPort {
            name: "redis".into(),
            container_port: 6379,
            host_port: 20_003,
            protocol: "tcp".into(),
        }],
        created_at: ambient.now().as_micros(),
        updated_at: ambient.now().as_micros(),
        revision: 1,
        ..Allocation::default()
    }
}

pub fn moved(allocation: &Allocation) -> AllocationEvent {
    AllocationEvent {
        allocation: Some(allocation.clone()),
        changed: vec!["state".into()],
        ..AllocationEvent::default()
    }
}
