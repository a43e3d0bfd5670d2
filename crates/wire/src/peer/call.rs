//! A call to another service: what goes along with it, how long it may take, and when it is tried again.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use kit::trace::{self, Span, SpanKind};
use kit::{ErrorCode, Failure, ServiceName};
use proto::convert::{failure_of, status_of_own};
use tokio::time::{Instant, timeout_at};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use super::answer::{self, Answer, Watched};
use super::pool::Pool;
use super::timeout;
use crate::context;

/// A call without a deadline of its own ends after this.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// How often a read is tried at most.
const TRIES: u32 = 3;
/// Before a second try, twice that before a third; half of it by chance.
const PAUSE: Duration = Duration::from_millis(60);
/// How many connections may close under a call's hands before it is given up.
const LINES: u32 = 4;

/// What generated clients are made over: calls from one service to another.
#[derive(Clone)]
pub struct Calls {
    caller: ServiceName,
    callee: ServiceName,
    pool: Pool,
    /// What a call gets that names no deadline; streams have none.
    deadline: Option<Duration>,
}

impl Calls {
    pub(super) const fn unary(caller: ServiceName, callee: ServiceName, pool: Pool) -> Self {
        Self { caller, callee, pool, deadline: Some(DEADLINE) }
    }

    pub(super) const fn streaming(caller: ServiceName, callee: ServiceName, pool: Pool) -> Self {
        Self { caller, callee, pool, deadline: None }
    }

    async fn ask(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (mut head, body) = request.into_parts();
        let mut span = self.span(head.uri.path());
        coming_along(&mut head, &span);
        let deadline = self.deadline(&head);
        let answered = match address(&mut head, self.callee) {
            Err(failure) => Err(failure),
            Ok(()) if self.deadline.is_some() && proto::is_read(head.uri.path()) => {
                self.read(head, body, deadline).await
            }
            Ok(()) => self.once(&head, body, deadline).await.map(|answer| answer.map(Body::new)),
        };
        let response = answered.map_err(|failure| {
            let status = status_of_own(failure);
            answer::tell(&mut span, &status);
            status
        })?;
        Ok(if span.is_recorded() { Watched::over(response, span) } else { response })
    }

    fn span(&self, path: &str) -> Span {
        let method = path.trim_start_matches('/');
        let name = || Cow::Owned(method.to_owned());
        let mut span = Span::begin(SpanKind::Client, Some(self.caller), kit::context::trace(), name);
        span.tell(|span| {
            span.text("rpc.system.name", "grpc".to_owned());
            span.text("rpc.method", method.to_owned());
            span.text("berth.peer", self.callee.to_string());
        });
        span
    }

    /// The call's own deadline, or the usual one; and never past that of the work that it is part of.
    fn deadline(&self, head: &Parts) -> Option<Instant> {
        let own = timeout::read(&head.headers).or(self.deadline).map(|within| Instant::now() + within);
        let unbound = own.is_none();
        match kit::context::deadline().filter(|_| !unbound) {
            Some(outer) => own.map(|own| own.min(outer)),
            None => own,
        }
    }

    /// Asks, and up to twice more where the peer could not be reached or was lost before its answer was whole.
    async fn read(&self, head: Parts, body: Body, deadline: Option<Instant>) -> Result<Response<Body>, Failure> {
        let body: Bytes = body.collect().await.map_err(|status| failure_of(&status))?.to_bytes();
        let mut tries = 1;
        loop {
            let failure = match self.whole(&head, Body::new(Full::new(body.clone())), deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let again = Instant::now() + self.pool.jittered(PAUSE * tries);
            let in_time = deadline.is_none_or(|deadline| again < deadline);
            if failure.code != ErrorCode::PeerUnavailable || tries == TRIES || !in_time {
                return Err(failure);
            }
            tries += 1;
            metrics::counter!("berth_peer_retries_total", "peer" => self.callee.as_str()).increment(1);
            tokio::time::sleep_until(again).await;
        }
    }

    /// Sends a call and takes its whole answer in.
    async fn whole(&self, head: &Parts, body: Body, deadline: Option<Instant>) -> Result<Response<Body>, Failure> {
        let (head, body) = self.once(head, body, deadline).await?.into_parts();
        let body = body.collect().await.map_err(|status| failure_of(&status))?;
        Ok(Response::from_parts(head, Body::new(body.map_err(|never| match never {}))))
    }

    /// Sends a call to one of the peer's addresses. A connection that closes before the call is on its way costs nothing:
    /// the next is taken.
    async fn once(&self, head: &Parts, mut body: Body, deadline: Option<Instant>) -> Result<Response<Answer>, Failure> {
        let mut last = None;
        for _ in 0..LINES {
            let mut line = before(deadline, self.pool.line())
                .await
                .unwrap_or_else(|| Err(self.unavailable("no connection was made in time")))?;
            let mut head = head.clone();
            if let Some(deadline) = deadline {
                timeout::write(&mut head.headers, deadline);
            }
            match before(deadline, line.send(Request::from_parts(head, body))).await {
                None => return Err(Failure::of(ErrorCode::DeadlineExceeded).operator(self.callee).unknown()),
                Some(Ok(response)) => {
                    // A stream goes on for as long as both want it to.
                    let deadline = deadline.filter(|_| self.deadline.is_some());
                    return Ok(response.map(|body| Answer::new(body, deadline, line)));
                }
                Some(Err((None, error))) => return Err(self.unavailable(error).unknown()),
                Some(Err((Some(request), error))) => (body, last) = (request.into_body(), Some(error)),
            }
        }
        Err(self.unavailable(last.map_or_else(String::new, |error| error.to_string())))
    }

    fn unavailable(&self, why: impl std::fmt::Display) -> Failure {
        Failure::of(ErrorCode::PeerUnavailable).operator(format!("{}: {why}", self.callee))
    }
}

/// `None` where the deadline came first.
async fn before<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, work).await.ok(),
        None => Some(work.await),
    }
}

/// The request id and the place in the trace.
fn coming_along(head: &mut Parts, span: &Span) {
    if let Some(id) = context::request_id().and_then(|id| HeaderValue::try_from(id).ok()) {
        head.headers.insert(context::HEADER, id);
    }
    if let Some(place) = span.place().and_then(|place| HeaderValue::try_from(place.to_string()).ok()) {
        head.headers.insert(trace::HEADER, place);
    }
}

/// HTTP/2 wants a scheme and an authority; generated clients give a path.
fn address(head: &mut Parts, callee: ServiceName) -> Result<(), Failure> {
    let mut parts = std::mem::take(&mut head.uri).into_parts();
    parts.scheme = Some(Scheme::HTTPS);
    parts.authority = Some(Authority::from_static(callee.as_str()));
    parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
    head.uri = Uri::from_parts(parts).map_err(Failure::internal)?;
    Ok(())
}

impl Service<Request<Body>> for Calls {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    /// Always ready: each call waits for its connection itself, within its deadline.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.clone().ask(request))
    }
}
