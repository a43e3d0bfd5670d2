//! What this service announces: a user's whole public state, and the wish that somebody gets a code or a notice.

use std::net::IpAddr;
use std::time::Duration;

use bus::{Event, Topic, Trace};
use kit::{Act, Ambient, EventId, ServiceName, UserId};
use proto::v1::{self, NotificationRequested, UserEvent};

use crate::domain::api_key::words;
use crate::domain::{ApiKey, Email, NewCode, PhoneNumber, Purpose, User};

/// Who brought a change about.
#[derive(Clone, Copy, Debug)]
pub enum Actor {
    User(UserId),
    Admin(UserId),
    Platform,
}

impl Actor {
    /// Who did this; the platform where nobody did.
    pub fn of(act: &Act) -> Self {
        match act.actor {
            Some(admin) if act.as_admin => Self::Admin(admin),
            Some(user) => Self::User(user),
            None => Self::Platform,
        }
    }
}

/// How long a notice is worth sending.
const NOTICE_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Makes events that belong to the request in whose course it was made. Transactions run on a task of their own,
/// where the request is no longer known; so this is made before and moved in.
#[derive(Clone)]
pub struct Announcer {
    ambient: Ambient,
    trace: Trace,
    address: Option<IpAddr>,
}

impl Announcer {
    pub fn here(ambient: &Ambient) -> Self {
        let request = kit::context::request();
        let address = request.as_ref().and_then(|request| request.address);
        let trace = Trace { request_id: request.map(|request| request.id), traceparent: None };
        Self { ambient: ambient.clone(), trace, address }
    }

    pub const fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// `kind` is `user.created`, `user.verified`, `user.updated`, `user.suspended`, `user.resumed` or `user.deleting`.
    pub fn user(&self, kind: &str, user: &User, actor: Actor, changed: &[&str]) -> Event {
        self.of_user(kind, message(user), actor, changed)
    }

    /// An account is gone: its ids stay for those who keep things of it, what it said of a person goes.
    pub fn deleted(&self, user: &User, actor: Actor) -> Event {
        let gone = v1::User {
            id: user.id.to_string(),
            tenant_id: user.tenant.to_string(),
            deleted: true,
            created_at: user.created_at.as_micros(),
            updated_at: self.ambient.now().as_micros(),
            revision: user.revision + 1,
            ..v1::User::default()
        };
        self.of_user("user.deleted", gone, actor, &["deleted"])
    }

    /// The code goes to an e-mail address or a telephone number, as its channel says.
    pub fn code(&self, user: &User, code: &NewCode, recipient: &str) -> Event {
        let kind = match code.purpose {
            Purpose::Verify => "verify_code",
            Purpose::Reset => "reset_code",
            Purpose::Email => "email_code",
        };
        self.requested(NotificationRequested {
            id: code.request.to_string(),
            kind: kind.to_owned(),
            user_id: user.id.to_string(),
            channel: code.channel.as_str().to_owned(),
            recipient: recipient.to_owned(),
            first_name: user.profile.first_name.as_str().to_owned(),
            sealed_code: code.sealed.clone(),
            expires_at: code.expires_at.as_micros(),
            at: code.at.as_micros(),
            ..NotificationRequested::default()
        })
    }

    /// A security notice, which nobody can turn off: what happened to an account goes to an address of its user's.
    /// `details` are told as they are, with the client's address where the request has one; never a secret.
    pub fn notice(&self, kind: &str, user: &User, recipient: &Email, details: &[(&str, &str)]) -> Event {
        let at = self.ambient.now();
        let from = self.address.map(|address| ("address".to_owned(), address.to_string()));
        let told = details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.requested(NotificationRequested {
            id: EventId::mint(&self.ambient).to_string(),
            kind: kind.to_owned(),
            user_id: user.id.to_string(),
            channel: "email".to_owned(),
            recipient: recipient.to_string(),
            first_name: user.profile.first_name.as_str().to_owned(),
            expires_at: at.plus(NOTICE_LIFE).as_micros(),
            details: from.into_iter().chain(told).collect(),
            at: at.as_micros(),
            ..NotificationRequested::default()
        })
    }

    /// Somebody can call in the user's place from now on.
    pub fn api_key_created(&self, user: &User, key: &ApiKey) -> Event {
        let (scopes, end) = (words(&key.scopes), key.expires_at.map(|at| at.to_string()));
        let mut details = vec![("name", key.name.as_str()), ("scopes", &scopes)];
        details.extend(end.as_deref().map(|at| ("expires_at", at)));
        self.notice("api_key_created", user, &user.email, &details)
    }

    /// A number is the account's from now on, and texts to it reset the password.
    pub fn phone_proven(&self, user: &User) -> Event {
        let number = user.profile.phone_number.as_ref().map_or("", PhoneNumber::ending);
        self.notice("phone_proven", user, &user.email, &[("number", number)])
    }

    fn requested(&self, wish: NotificationRequested) -> Event {
        let (kind, subject) = ("notification.requested", wish.id.clone());
        let event = Event::new(&self.ambient, Topic::Notification, ServiceName::User, kind, subject, 1, &wish);
        Event { trace: self.trace.clone(), ..event }
    }

    fn of_user(&self, kind: &str, user: v1::User, actor: Actor, changed: &[&str]) -> Event {
        let (subject, revision) = (user.id.clone(), user.revision);
        let payload = UserEvent {
            user: Some(user),
            cause: Some(cause(actor)),
            changed: changed.iter().map(|name| (*name).to_owned()).collect(),
        };
        let event = Event::new(&self.ambient, Topic::User, ServiceName::User, kind, subject, revision, &payload);
        Event { trace: self.trace.clone(), ..event }
    }
}

fn cause(actor: Actor) -> v1::Cause {
    let (kind, actor) = match actor {
        Actor::User(user) => ("user", user.to_string()),
        Actor::Admin(admin) => ("admin", admin.to_string()),
        Actor::Platform => ("platform", String::new()),
    };
    v1::Cause { kind: kind.to_owned(), actor }
}

/// The user as other services see them.
pub fn message(user: &User) -> v1::User {
    let profile = &user.profile;
    v1::User {
        id: user.id.to_string(),
        tenant_id: user.tenant.to_string(),
        email: user.email.to_string(),
        first_name: profile.first_name.as_str().to_owned(),
        last_name: profile.last_name.as_str().to_owned(),
        phone_number: profile.phone_number.as_ref().map(|number| number.as_str().to_owned()),
        gender: profile.gender.as_ref().map(|gender| gender.as_str().to_owned()),
        verified: user.verified,
        phone_verified: user.phone_verified,
        admin: user.admin,
        suspended: user.suspended,
        deleting: user.deleting,
        email_notification: profile.email_notification,
        sms_notification: profile.sms_notification,
        created_at: user.created_at.as_micros(),
        updated_at: user.updated_at.as_micros(),
        revision: user.revision,
        deleted: false,
        email_unproven: user.email_unproven,
    }
}

#[cfg(test)]
mod tests {
    use bus::Event;
    use kit::Timestamp;
    use kit::context::{RequestContext, with_request};
    use prost::Message as _;
    use testkit::TestClock;

    use super::*;
    use crate::samples;

    fn wish(event: &Event) -> NotificationRequested {
        NotificationRequested::decode(event.data.as_slice()).unwrap()
    }

    #[tokio::test]
    async fn a_notice_says_what_happened_from_where_and_has_no_code() {
        let ambient = TestClock::default().ambient();
        let user = samples::user(&ambient);
        let request = RequestContext { id: "r".into(), address: "192.0.2.7".parse().ok() };
        let announcer = with_request(request, async { Announcer::here(&ambient) }).await;
        let event = announcer.notice("api_key_created", &user, &user.email, &[("name", "backup")]);
        assert_eq!((event.topic, event.trace.request_id.as_deref()), (Topic::Notification, Some("r")));
        let notice = wish(&event);
        assert_eq!((notice.kind.as_str(), notice.channel.as_str()), ("api_key_created", "email"));
        assert_eq!((notice.details["address"].as_str(), notice.details["name"].as_str()), ("192.0.2.7", "backup"));
        assert!(notice.sealed_code.is_empty());
        let expires = Timestamp::from_micros(notice.at).plus(NOTICE_LIFE);
        assert_eq!(Timestamp::from_micros(notice.expires_at), expires);
        // In a task there is no request; what is told of the place then is what the caller says.
        let elsewhere = Announcer::here(&ambient).notice("new_login", &user, &user.email, &[("address", "192.0.2.8")]);
        assert_eq!(wish(&elsewhere).details["address"], "192.0.2.8");
        assert_ne!(wish(&elsewhere).id, notice.id);
    }
}
