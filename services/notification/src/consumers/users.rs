//! `user.*`: how a user is reached, and what they are told of their account.

use bus::Event;
use kit::{Failure, Timestamp};
use proto::convert::{id, required};
use proto::v1::{User, UserEvent};

use super::decode;
use crate::domain::delivery::Told;
use crate::domain::{Account, Contact, EventType, Facts, Kind, Occurrence};
use crate::ports::Effect;

pub fn effects(event: &Event) -> Result<Vec<Effect>, Failure> {
    if !event.kind.starts_with("user.") {
        return Ok(Vec::new());
    }
    let user = required(decode::<UserEvent>(event)?.user, "user")?;
    let contact = contact(&user)?;
    if user.deleted {
        return Ok(vec![Effect::Gone { user: contact.user, revision: user.revision }]);
    }
    let (kind, program) = news(&event.kind, &contact);
    let told = Told { cause: event.id, user: contact.user, at: event.at, facts: Facts::Account(account(user)) };
    let occurrence = Occurrence { told, kind, event: program };
    let news = (kind.is_some() || program.is_some()).then(|| Box::new(occurrence));
    Ok(vec![Effect::User { contact: Box::new(contact), news }])
}

/// What a person and what programs are told of an event. That the address is confirmed is told when it is: a text proves
/// the number alone.
fn news(kind: &str, contact: &Contact) -> (Option<Kind>, Option<EventType>) {
    match kind {
        "user.created" => (Some(Kind::Welcome), None),
        "user.verified" => (contact.is_proven().then_some(Kind::Verified), Some(EventType::UserVerified)),
        "user.updated" => (None, Some(EventType::UserUpdated)),
        "user.suspended" => (Some(Kind::AccountSuspended), None),
        _ => (None, None),
    }
}

fn contact(user: &User) -> Result<Contact, Failure> {
    Ok(Contact {
        user: id(&user.id, "user.id")?,
        tenant: id(&user.tenant_id, "user.tenant_id")?,
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        phone: user.phone_number.clone(),
        phone_verified: user.phone_verified,
        verified: user.verified,
        email_unproven: user.email_unproven,
        deleting: user.deleting,
        email_notification: user.email_notification,
        sms_notification: user.sms_notification,
        revision: user.revision,
    })
}

fn account(user: User) -> Account {
    Account {
        id: user.id,
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        phone_number: user.phone_number,
        verified: user.verified,
        email_notification: user.email_notification,
        sms_notification: user.sms_notification,
        created_at: Timestamp::from_micros(user.created_at),
        updated_at: Timestamp::from_micros(user.updated_at),
        revision: user.revision,
    }
}
