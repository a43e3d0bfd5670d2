//! An event as it is announced: a protobuf payload in the `CloudEvents` envelope, the same bytes on every bus.

use kit::{Ambient, EventId, ServiceName, Timestamp, Traceparent};
use prost::Message;

/// Where events of one kind of aggregate go. Order holds per subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    User,
    Machine,
    Allocation,
    Node,
    Notification,
    /// Who did what, by the service where it was done: every topic has one producer.
    Audit(ServiceName),
}

impl Topic {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "berth.user.v1",
            Self::Machine => "berth.machine.v1",
            Self::Allocation => "berth.allocation.v1",
            Self::Node => "berth.node.v1",
            Self::Notification => "berth.notification.v1",
            Self::Audit(service) => audit_topic(service),
        }
    }

    /// Every topic that has events. The services without acts have no audit topic.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::User, Self::Machine, Self::Allocation, Self::Node, Self::Notification]
            .into_iter()
            .chain(crate::audit::TOPICS)
    }

    /// Whose outbox its events come from: every topic has one producer.
    pub const fn producer(self) -> ServiceName {
        match self {
            Self::User | Self::Notification => ServiceName::User,
            Self::Machine => ServiceName::Machines,
            Self::Allocation => ServiceName::Allocation,
            Self::Node => ServiceName::Docker,
            Self::Audit(service) => service,
        }
    }

    /// Those that a service produces.
    pub fn of(service: ServiceName) -> Vec<Self> {
        Self::all().filter(|topic| topic.producer() == service).collect()
    }

    /// The topic of a name that `as_str` gave.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|topic| topic.as_str() == name)
    }

    /// Whether the newest event of each subject is kept for good, so that a reader can begin from nothing.
    pub const fn is_compacted(self) -> bool {
        match self {
            Self::User | Self::Machine | Self::Allocation => true,
            Self::Node | Self::Notification | Self::Audit(_) => false,
        }
    }

    /// The kind of the event behind which a subject has no other; `None` where no subject is kept for good.
    pub const fn last_kind(self) -> Option<&'static str> {
        match self {
            Self::User => Some("user.deleted"),
            Self::Machine => Some("machine.deleted"),
            // An allocation's events are named by its states.
            Self::Allocation => Some("allocation.removed"),
            Self::Node | Self::Notification | Self::Audit(_) => None,
        }
    }
}

const fn audit_topic(service: ServiceName) -> &'static str {
    match service {
        ServiceName::User => "berth.audit.user.v1",
        ServiceName::Machines => "berth.audit.machines.v1",
        ServiceName::Allocation => "berth.audit.allocation.v1",
        ServiceName::Feed => "berth.audit.feed.v1",
        ServiceName::Verifier => "berth.audit.verifier.v1",
        ServiceName::Docker => "berth.audit.docker.v1",
        ServiceName::Notification => "berth.audit.notification.v1",
        ServiceName::Interact => "berth.audit.interact.v1",
    }
}

/// Ties an event to the request that caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    pub request_id: Option<String>,
    /// W3C trace context: the span that announced it.
    pub traceparent: Option<String>,
}

impl Trace {
    /// The place in a trace; `None` also where what was sent is no such place.
    pub fn place(&self) -> Option<Traceparent> {
        self.traceparent.as_deref()?.parse().ok()
    }
}

/// One announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    pub topic: Topic,
    /// `user.created`, `allocation.running`, …
    pub kind: String,
    pub source: ServiceName,
    /// The aggregate's id; also the key that order holds for.
    pub subject: String,
    pub at: Timestamp,
    /// 1, 2, 3 … per subject. A reader ignores one that is not above what it has.
    pub revision: u64,
    pub trace: Trace,
    /// The protobuf message.
    pub data: Vec<u8>,
}

impl Event {
    /// An announcement of now, tied to the request that is being served.
    pub fn new(
        ambient: &Ambient,
        topic: Topic,
        source: ServiceName,
        kind: impl Into<String>,
        subject: impl ToString,
        revision: u64,
        payload: &impl Message,
    ) -> Self {
        let kind = kind.into();
        let place = kit::trace::produced(source, topic.as_str(), &kind);
        Self {
            id: EventId::mint(ambient),
            topic,
            kind,
            source,
            subject: subject.to_string(),
            at: ambient.now(),
            revision,
            trace: Trace { request_id: kit::context::request_id(), traceparent: place.map(|place| place.to_string()) },
            data: payload.encode_to_vec(),
        }
    }

    /// Headers of `CloudEvents`' Kafka binary binding, with our `revision` as an extension.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", self.id.to_string()),
            ("ce_type", self.kind.clone()),
            ("ce_source", format!("/berth/{}", self.source)),
            ("ce_subject", self.subject.clone()),
            ("ce_time", self.at.to_string()),
            ("ce_revision", self.revision.to_string()),
            ("content-type", "application/protobuf".to_owned()),
        ];
        headers.extend(self.trace.request_id.clone().map(|id| ("x-request-id", id)));
        headers.extend(self.trace.traceparent.clone().map(|parent| ("traceparent", parent)));
        headers
    }

    /// Reads the envelope back. `None` where a required header is missing or is none.
    pub fn from_headers(topic: Topic, header: impl Fn(&str) -> Option<String>, data: Vec<u8>) -> Option<Self> {
        Some(Self {
            id: header("ce_id")?.parse().ok()?,
            topic,
            kind: header("ce_type")?,
            source: header("ce_source")?.strip_prefix("/berth/")?.parse().ok()?,
            subject: header("ce_subject")?,
            at: header("ce_time")?.parse().ok()?,
            revision: header("ce_revision")?.parse().ok()?,
            trace: Trace { request_id: header("x-request-id"), traceparent: header("traceparent") },
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_that_keeps_its_subjects_says_how_they_end() {
        for topic in Topic::all() {
            assert_eq!(topic.last_kind().is_some(), topic.is_compacted(), "{}", topic.as_str());
        }
    }

    #[test]
    fn an_envelope_survives_its_headers() {
        let mut event =
            Event::new(&Ambient::system(), Topic::User, ServiceName::User, "user.created", "s", 3, &"x".to_owned());
        event.trace.request_id = Some("r".into());
        let headers: std::collections::HashMap<_, _> = event.headers().into_iter().collect();
        let read = Event::from_headers(Topic::User, |name| headers.get(name).cloned(), event.data.clone());
        assert_eq!(read, Some(event));
    }
}
