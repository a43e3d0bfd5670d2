//! One request as a collector sees it: over HTTP, on to another service over gRPC, and by the bus to those who heard of it.

use berth_tests::berth::Setup;
use berth_tests::{Allocation, Berth, compose, until};
use reqwest::Method;
use serde_json::json;
use testkit::collector::{Collector, Kept, SpanKind, attribute};

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const CLIENT: u64 = 0x00f0_67aa_0ba9_02b7;

/// Spans of this trace that a span caused itself.
fn caused<'a>(spans: &'a [Kept], parent: &[u8], kind: SpanKind) -> Option<&'a Kept> {
    spans.iter().find(|kept| kept.span.kind() == kind && kept.span.parent_span_id == parent)
}

/// Who took the event that a span sent in: what it did is the span's child, or linked with it where it had several causes.
fn taken_in<'a>(spans: &'a [Kept], sent: &Kept) -> Option<&'a Kept> {
    let by = |kept: &&Kept| {
        let linked = kept.span.links.iter().any(|link| link.span_id == sent.span.span_id);
        kept.span.kind() == SpanKind::Consumer && (linked || kept.span.parent_span_id == sent.span.span_id)
    };
    spans.iter().find(by)
}

/// The request, the call, its serving, the event's sending and its taking in, once all have come.
fn chain(spans: &[Kept]) -> Option<[Kept; 5]> {
    let of_trace = |kept: &&Kept| kept.span.trace_id == TRACE.to_be_bytes() && kept.span.name == "POST /allocations";
    let request = spans.iter().find(of_trace)?;
    let own = &request.span.span_id;
    let calls = spans.iter().filter(|kept| kept.span.kind() == SpanKind::Client && kept.span.parent_span_id == *own);
    let (call, serving) =
        calls.into_iter().find_map(|call| Some((call, caused(spans, &call.span.span_id, SpanKind::Server)?)))?;
    let sent = caused(spans, own, SpanKind::Producer)?;
    let taken = taken_in(spans, sent)?;
    Some([request, call, serving, sent, taken].map(Clone::clone))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_followed_over_every_hop() {
    let collector = Collector::default();
    let otlp = compose::reachable(&collector.start().await).await;
    let config = format!("[telemetry]\notlp = \"{otlp}\"\n");
    let berth = Berth::start_with(Setup { config, ..Setup::default() }).await;
    let ada = berth.person("ada").await;
    let body = json!({"machine_id": ada.machine("redis").await, "name": "cache"});
    let parent = format!("00-{TRACE:032x}-{CLIENT:016x}-01");
    let reply = ada.send(Method::POST, "/allocations", &[("traceparent", &parent)], Some(&body)).await;
    let made: Allocation = reply.expect_as(201);

    let look = || async { chain(&collector.all()) };
    let seen = until("the spans of all hops", look, Option::is_some).await.expect("just seen");
    let [request, call, serving, sent, taken] = &seen;
    assert_eq!(request.span.parent_span_id, CLIENT.to_be_bytes(), "the client's own span caused it");
    for kept in [call, serving, sent] {
        assert_eq!(kept.span.trace_id, TRACE.to_be_bytes(), "{}", kept.span.name);
    }
    let says = |kept: &Kept| attribute(&kept.span, "berth.service").unwrap_or_default();
    assert_eq!(says(request), "allocation");
    assert_eq!(call.span.name, serving.span.name);
    assert_ne!(says(serving), "allocation", "another service served the call");
    assert_eq!(sent.span.name, "send berth.allocation.v1");
    assert_eq!(taken.span.name, "process berth.allocation.v1");
    assert_eq!(ada.settled(&made.id).await.state, "running");
}
