//! People for tests.

use kit::{Ambient, TenantId, UserId};

use crate::domain::{PersonName, PhoneNumber, Profile, User};

/// Ada, verified, with a number that is not.
pub fn user(ambient: &Ambient) -> User {
    let name = |text| PersonName::parse("first_name", text).unwrap();
    User {
        id: UserId::mint(ambient),
        tenant: TenantId::mint(ambient),
        email: "ada@example.org".parse().unwrap(),
        profile: Profile {
            first_name: name("Ada"),
            last_name: name("Lovelace"),
            phone_number: PhoneNumber::parse("+4915112345678").ok(),
            gender: None,
            email_notification: true,
            sms_notification: false,
        },
        verified: true,
        email_unproven: false,
        phone_verified: false,
        admin: false,
        suspended: false,
        deleting: false,
        created_at: ambient.now(),
        updated_at: ambient.now(),
        revision: 1,
    }
}
