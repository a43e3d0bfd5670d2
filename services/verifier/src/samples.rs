//! People and questions for tests, so that each test names only what it is about.

use kit::{AllocationId, Ambient, MachineId, SessionId, TenantId, UserId};

use crate::domain::{AllocationCopy, Asking, MachineCopy, Need, Person};

/// A verified user at revision 1.
pub fn person(ambient: &Ambient) -> Person {
    Person {
        user: UserId::mint(ambient),
        tenant: TenantId::mint(ambient),
        verified: true,
        admin: false,
        suspended: false,
        deleted: false,
        revision: 1,
    }
}

/// What a verified user's new login asks when it reads something.
pub fn asking(ambient: &Ambient, person: &Person) -> Asking {
    Asking {
        user: person.user,
        session: SessionId::mint(ambient),
        by_key: false,
        least: 0,
        issued_at: ambient.now(),
        tenant: None,
        need: Need::Verified,
        writes: false,
    }
}

pub fn machine(ambient: &Ambient, revision: u64) -> MachineCopy {
    MachineCopy { id: MachineId::mint(ambient), deleted: false, revision, message: vec![revision as u8] }
}

pub fn allocation(ambient: &Ambient, revision: u64) -> AllocationCopy {
    let (id, tenant) = (AllocationId::mint(ambient), TenantId::mint(ambient));
    AllocationCopy { id, tenant, revision, message: vec![revision as u8] }
}
