//! A trace through all hops, as a collector gets it: a request over HTTP, a call over gRPC, an event as it travels in Kafka's
//! headers, and what its consumer does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use async_trait::async_trait;
use bus::{Consumer, DeadLetter, Event, Record, Topic};
use kit::{Ambient, Failure, ServiceName, Traceparent};
use proto::v1::feed_client::FeedClient;
use proto::v1::feed_server::{Feed, FeedServer};
use proto::v1::{CountsReply, CountsRequest, OfUserReply, OfUserRequest};
use testkit::collector::{Collector, SpanKind, attribute};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::{Request, Response, Status};
use wire::drain::Drain;
use wire::limit::{Limits, LimitsConfig};
use wire::observe::{Observe, observe};
use wire::peer::Calls;
use wire::service::Grpc;
use wire::telemetry::{TelemetryConfig, Traces, start_traces};
use wire::{Allow, Network, Pipes, TlsNetwork};

#[path = "peers/support.rs"]
#[allow(dead_code, reason = "certificates are what is needed here")]
mod support;

const CALLER: ServiceName = ServiceName::User;
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Announces an event with each call, as a service does in the transaction of a change.
#[derive(Clone, Default)]
struct Announcing(Arc<Mutex<Vec<Event>>>);

#[tonic::async_trait]
impl Feed for Announcing {
    async fn counts(&self, _: Request<CountsRequest>) -> Result<Response<CountsReply>, Status> {
        let ambient = Ambient::system();
        let event = Event::new(&ambient, Topic::User, ServiceName::Feed, "user.liked", "s", 1, &"x".to_owned());
        self.0.lock().unwrap().push(event);
        Ok(Response::new(CountsReply::default()))
    }

    async fn of_user(&self, _: Request<OfUserRequest>) -> Result<Response<OfUserReply>, Status> {
        Err(Status::not_found("nobody"))
    }
}

impl Announcing {
    fn grpc(&self) -> Grpc {
        let methods = ["/berth.v1.Feed/Counts", "/berth.v1.Feed/OfUser"];
        let allow = Allow::methods(&methods.map(|method| (method, [CALLER].as_slice())));
        Grpc { routes: tonic::service::Routes::new(FeedServer::new(self.clone())), allow }
    }

    /// What was announced, as it comes out of Kafka.
    fn taken(&self) -> Vec<Record> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        let taken = |event: Event| {
            let headers: HashMap<_, _> = event.headers().into_iter().collect();
            Event::from_headers(event.topic, |name| headers.get(name).cloned(), event.data.clone()).unwrap()
        };
        events.into_iter().map(taken).enumerate().map(|(at, event)| Record { position: at as u64, event }).collect()
    }
}

/// Asks for more when it hears of something: a fourth hop.
struct Asking(FeedClient<Calls>);

#[async_trait]
impl Consumer for Asking {
    fn name(&self) -> &'static str {
        "asking"
    }

    async fn position(&self, _: Topic) -> Result<u64, Failure> {
        Ok(0)
    }

    async fn apply(&self, _: Topic, _: Vec<Record>) -> Result<Vec<DeadLetter>, Failure> {
        let _ = self.0.clone().of_user(OfUserRequest::default()).await;
        Ok(Vec::new())
    }
}

/// Serves `GET /user/likes`, which asks the feed.
fn rest(feed: &FeedClient<Calls>) -> std::net::SocketAddr {
    let state =
        Observe { ambient: Ambient::system(), limits: Limits::new(&LimitsConfig::default()), drain: Drain::default() };
    let feed = feed.clone();
    let likes = move || {
        let mut feed = feed.clone();
        async move {
            feed.counts(CountsRequest::default()).await.unwrap();
            HttpResponse::NoContent().finish()
        }
    };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(state.clone()))
            .wrap(actix_web::middleware::from_fn(observe))
            .route("/user/likes", web::get().to(likes.clone()))
    });
    let server = server.workers(1).bind(support::anywhere()).unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    address
}

async fn get(address: std::net::SocketAddr, headers: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /user/likes HTTP/1.1\r\nhost: berth\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[actix_web::test]
async fn a_trace_goes_through_http_grpc_and_kafka_headers() {
    let collector = Collector::default();
    let config = TelemetryConfig { otlp: Some(collector.start().await), sampling: 1.0 };
    let traces = start_traces(&config, Some(CALLER)).unwrap().unwrap();
    let announcing = Announcing::default();
    let certificates = support::Certificates::of(&support::Authority::new());
    let drain = Drain::default();
    let pipes = Network::Pipes(Pipes::default());
    pipes.serve(ServiceName::Feed, announcing.grpc(), None, &drain).unwrap();
    let listener = std::net::TcpListener::bind(support::anywhere()).unwrap();
    let names = [(ServiceName::Feed, listener.local_addr().unwrap().to_string())];
    let serving = TlsNetwork::new(certificates.tls(ServiceName::Feed), [], Ambient::system());
    serving.serve(ServiceName::Feed, announcing.grpc(), listener, &drain).unwrap();
    let tls = Network::Tls(TlsNetwork::new(certificates.tls(CALLER), names, Ambient::system()));

    for network in [pipes, tls] {
        let feed = FeedClient::new(network.connect(CALLER, ServiceName::Feed).calls());
        let answer = get(rest(&feed), &format!("traceparent: {PARENT}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
        let records = announcing.taken();
        bus::apply(&Asking(feed.clone()), Topic::User, records).await.unwrap();
        traces.flush().await.unwrap();
        check_the_chain(&collector);
        collector.forget();
    }

    check_a_batch_of_two_causes(&collector, &announcing, &traces).await;
    traces.stop().await.unwrap();
}

/// Each span's parent is the one before, from the client's own to what the consumer asked.
fn check_the_chain(collector: &Collector) {
    let client: Traceparent = PARENT.parse().unwrap();
    let chain = [
        collector.one(SpanKind::Server, "GET /user/likes").span,
        collector.one(SpanKind::Client, "berth.v1.Feed/Counts").span,
        collector.one(SpanKind::Server, "berth.v1.Feed/Counts").span,
        collector.one(SpanKind::Producer, "send berth.user.v1").span,
        collector.one(SpanKind::Consumer, "process berth.user.v1").span,
        collector.one(SpanKind::Client, "berth.v1.Feed/OfUser").span,
        collector.one(SpanKind::Server, "berth.v1.Feed/OfUser").span,
    ];
    let mut parent = client.span.to_vec();
    for span in &chain {
        assert_eq!(span.trace_id, client.trace, "{}", span.name);
        assert_eq!(span.parent_span_id, parent, "{}", span.name);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
        parent.clone_from(&span.span_id);
    }
    let says = |at: usize, key: &str| attribute(&chain[at], key).unwrap_or_default();
    assert_eq!((says(0, "http.route"), says(0, "http.response.status_code")), ("/user/likes".into(), "204".into()));
    assert_eq!((says(0, "berth.service"), says(2, "berth.service")), ("user".into(), "feed".into()));
    assert_eq!((says(1, "berth.peer"), says(2, "berth.peer")), ("feed".into(), "user".into()));
    for (at, status) in [(1, "OK"), (2, "OK"), (5, "NOT_FOUND"), (6, "NOT_FOUND")] {
        assert_eq!(says(at, "rpc.response.status_code"), status, "{}", chain[at].name);
    }
    assert_eq!(
        (says(3, "berth.event.kind"), says(4, "messaging.batch.message_count")),
        ("user.liked".into(), "1".into())
    );
    assert!(collector.all().iter().all(|kept| kept.service == "user"));
}

/// Events of two requests, taken at once: a span of its own that links to both.
async fn check_a_batch_of_two_causes(collector: &Collector, announcing: &Announcing, traces: &Traces) {
    let pipes = Network::Pipes(Pipes::default());
    pipes.serve(ServiceName::Feed, announcing.grpc(), None, &Drain::default()).unwrap();
    let feed = FeedClient::new(pipes.connect(CALLER, ServiceName::Feed).calls());
    let address = rest(&feed);
    // The first begins a trace of its own.
    for headers in ["", &format!("traceparent: {PARENT}\r\n")] {
        get(address, headers).await;
    }
    bus::apply(&Asking(feed), Topic::User, announcing.taken()).await.unwrap();
    traces.flush().await.unwrap();
    let produced: Vec<_> = collector.of(SpanKind::Producer).into_iter().map(|kept| kept.span).collect();
    let consumed = collector.one(SpanKind::Consumer, "process berth.user.v1").span;
    assert_eq!(consumed.parent_span_id, Vec::<u8>::new());
    let links: Vec<_> = consumed.links.iter().map(|link| (&link.trace_id, &link.span_id)).collect();
    let causes: Vec<_> = produced.iter().map(|span| (&span.trace_id, &span.span_id)).collect();
    assert_eq!((links.len(), links), (2, causes));
    assert_ne!(produced[0].trace_id, produced[1].trace_id);
}
