//! Places in a trace, as W3C trace context writes them, and spans. Who records spans is installed by the program; without
//! a recorder a place is only passed on, which costs a copy.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::{Ambient, ServiceName, context};

/// The name of the HTTP header, of the gRPC metadata and of the Kafka header.
pub const HEADER: &str = "traceparent";

/// A span's place in a trace: `00-<trace id>-<span id>-<flags>`, <https://www.w3.org/TR/trace-context/>.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent {
    pub trace: [u8; 16],
    pub span: [u8; 8],
    /// Whether those who were here before recorded it.
    pub sampled: bool,
}

impl Traceparent {
    /// The beginning of a trace that nobody records, so that logs of one request can be told by it all the same.
    pub fn mint(ambient: &Ambient) -> Self {
        // All zeros are no id.
        let mut drawn: [u8; 24] = ambient.bytes();
        drawn[0] |= 1;
        drawn[16] |= 1;
        let (trace, span) = drawn.split_at(16);
        Self { trace: trace.try_into().unwrap_or_default(), span: span.try_into().unwrap_or_default(), sampled: false }
    }

    /// The trace's id as logs and tools write it.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.trace))
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (u128::from_be_bytes(self.trace), u64::from_be_bytes(self.span));
        write!(f, "00-{trace:032x}-{span:016x}-{:02x}", u8::from(self.sampled))
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The text was no place in a trace.
#[derive(Debug, thiserror::Error)]
#[error("this is no W3C traceparent")]
pub struct NotATraceparent;

impl FromStr for Traceparent {
    type Err = NotATraceparent;

    /// Reads version 00, and what later versions promise to keep of it.
    fn from_str(text: &str) -> Result<Self, NotATraceparent> {
        let lower = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut parts = text.splitn(5, '-');
        let mut hex = |length: usize| parts.next().filter(|part| part.len() == length && lower(part));
        let (version, trace, span, flags) =
            (|| Some((hex(2)?, hex(32)?, hex(16)?, hex(2)?)))().ok_or(NotATraceparent)?;
        let more = parts.next().is_some();
        let trace = u128::from_str_radix(trace, 16).map_err(|_| NotATraceparent)?;
        let span = u64::from_str_radix(span, 16).map_err(|_| NotATraceparent)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| NotATraceparent)?;
        if version == "ff" || (version == "00" && more) || trace == 0 || span == 0 {
            return Err(NotATraceparent);
        }
        Ok(Self { trace: trace.to_be_bytes(), span: span.to_be_bytes(), sampled: flags & 1 == 1 })
    }
}

/// Which side of a hop a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    Server,
    Client,
    Producer,
    Consumer,
}

/// What a span begins with.
#[derive(Debug)]
pub struct NewSpan<'a> {
    pub kind: SpanKind,
    pub name: Cow<'static, str>,
    /// Whose work it is.
    pub service: Option<ServiceName>,
    /// `None` begins a trace.
    pub parent: Option<Traceparent>,
    /// Other places that caused it, where it takes several things at once.
    pub links: &'a [Traceparent],
}

/// Records spans.
pub trait Recorder: Send + Sync {
    fn begin(&self, span: NewSpan<'_>) -> Box<dyn Recording>;
}

/// A span that is being recorded; it ends when dropped. Attributes have the names of OpenTelemetry's conventions.
pub trait Recording: Send + Sync {
    fn place(&self) -> Traceparent;
    fn rename(&mut self, name: String);
    fn text(&mut self, key: &'static str, value: String);
    fn number(&mut self, key: &'static str, value: i64);
    /// Marks it as failed.
    fn fail(&mut self, why: String);
}

static RECORDER: OnceLock<Box<dyn Recorder>> = OnceLock::new();

/// From here on spans of this process are recorded. Only the first recorder is taken; says whether this was it.
pub fn install(recorder: Box<dyn Recorder>) -> bool {
    RECORDER.set(recorder).is_ok()
}

/// A piece of work on one side of a hop. Where nobody records it is only its parent's place.
#[derive(Default)]
pub struct Span {
    recording: Option<Box<dyn Recording>>,
    passed_on: Option<Traceparent>,
}

impl Span {
    /// Begins under `parent`.
    pub fn begin(
        kind: SpanKind,
        service: Option<ServiceName>,
        parent: Option<Traceparent>,
        name: impl FnOnce() -> Cow<'static, str>,
    ) -> Self {
        Self::begin_linked(kind, service, parent, &[], name)
    }

    fn begin_linked(
        kind: SpanKind,
        service: Option<ServiceName>,
        parent: Option<Traceparent>,
        links: &[Traceparent],
        name: impl FnOnce() -> Cow<'static, str>,
    ) -> Self {
        let begin = |recorder: &dyn Recorder| recorder.begin(NewSpan { kind, name: name(), service, parent, links });
        Self { recording: RECORDER.get().map(|recorder| begin(recorder.as_ref())), passed_on: parent }
    }

    /// What those further on name as their parent.
    pub fn place(&self) -> Option<Traceparent> {
        self.recording.as_ref().map(|recording| recording.place()).or(self.passed_on)
    }

    pub const fn is_recorded(&self) -> bool {
        self.recording.is_some()
    }

    /// Adds to the span; not run where nobody records, so that telling costs nothing then.
    pub fn tell(&mut self, tell: impl FnOnce(&mut dyn Recording)) {
        if let Some(recording) = &mut self.recording {
            tell(recording.as_mut());
        }
    }

    /// Runs work as part of the span.
    pub async fn carry<F: Future>(&self, work: F) -> F::Output {
        context::capture().with_trace(self.place()).carry(work).await
    }
}

/// The place that an event carries: its own span under the running work's.
pub fn produced(service: ServiceName, topic: &'static str, kind: &str) -> Option<Traceparent> {
    let mut span =
        Span::begin(SpanKind::Producer, Some(service), context::trace(), || Cow::Owned(format!("send {topic}")));
    span.tell(|span| {
        span.text("messaging.operation.type", "send".to_owned());
        span.text("messaging.destination.name", topic.to_owned());
        span.text("berth.event.kind", kind.to_owned());
    });
    span.place()
}

/// Runs what a consumer does with a batch. Its span is a child of the event's where the batch has one cause; with several
/// it begins a trace of its own that links to each.
pub async fn consumed<F, T, E>(
    consumer: &'static str,
    topic: &'static str,
    causes: impl Iterator<Item = Option<Traceparent>>,
    work: F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: fmt::Display,
{
    let mut events = 0_i64;
    let mut known: Vec<Traceparent> = Vec::new();
    for cause in causes {
        events += 1;
        known.extend(cause.filter(|cause| !known.contains(cause)));
    }
    let (parent, links) = match known.as_slice() {
        [one] => (Some(*one), [].as_slice()),
        several => (None, several),
    };
    let name = || Cow::Owned(format!("process {topic}"));
    let mut span = Span::begin_linked(SpanKind::Consumer, None, parent, links, name);
    span.tell(|span| {
        span.text("messaging.operation.type", "process".to_owned());
        span.text("messaging.destination.name", topic.to_owned());
        span.text("messaging.consumer.group.name", consumer.to_owned());
        span.number("messaging.batch.message_count", events);
    });
    let done = span.carry(work).await;
    if let Err(error) = &done {
        span.tell(|span| span.fail(error.to_string()));
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_place_survives_its_text() {
        let place: Traceparent = TEXT.parse().unwrap();
        assert_eq!((place.to_string().as_str(), place.sampled), (TEXT, true));
        assert_eq!(place.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let minted = Traceparent::mint(&Ambient::system());
        assert_eq!(minted.to_string().parse::<Traceparent>().unwrap(), minted);
    }

    #[test]
    fn what_is_no_place_is_refused_and_a_later_version_is_read() {
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b70-01",
        ] {
            assert!(bad.parse::<Traceparent>().is_err(), "{bad}");
        }
        let later = TEXT.replacen("00", "cc", 1) + "-what-comes";
        assert_eq!(later.parse::<Traceparent>().unwrap(), TEXT.parse().unwrap());
    }

    #[tokio::test]
    async fn without_a_recorder_a_place_is_passed_on() {
        let place: Option<Traceparent> = TEXT.parse().ok();
        let span = Span::begin(SpanKind::Server, None, place, || unreachable!("nobody records"));
        let inside = span.carry(async { (context::trace(), produced(ServiceName::User, "t", "k")) }).await;
        assert_eq!(inside, (place, place));
        let consumed = |causes: Vec<Option<Traceparent>>| async {
            consumed("c", "t", causes.into_iter(), async { Ok::<_, crate::Failure>(context::trace()) }).await.unwrap()
        };
        assert_eq!(consumed(vec![place, None, place]).await, place);
        let other = Some(Traceparent::mint(&Ambient::system()));
        assert_eq!(consumed(vec![place, other]).await, None);
    }
}
