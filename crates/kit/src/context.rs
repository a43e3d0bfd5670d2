//! What the running work belongs to: the request that caused it, its place in a trace, and when it must be done. Carried
//! along with the work and over every hop.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::Instant;

use crate::trace::Traceparent;

tokio::task_local! {
    static CURRENT: Context;
}

/// All that is carried. Work that goes on in another task takes it along: `capture` here, `carry` there.
#[derive(Clone, Debug, Default)]
pub struct Context {
    request: Option<Arc<RequestContext>>,
    trace: Option<Traceparent>,
    deadline: Option<Instant>,
}

/// One request: its name, for people who look for it in logs, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestContext {
    pub id: String,
    /// The client's address; `None` past the service that the client reached.
    pub address: Option<IpAddr>,
}

impl RequestContext {
    /// A request that is only known by its id.
    pub fn named(id: impl Into<String>) -> Self {
        Self { id: id.into(), address: None }
    }
}

impl Context {
    #[must_use]
    pub fn with_request(mut self, request: RequestContext) -> Self {
        self.request = Some(Arc::new(request));
        self
    }

    #[must_use]
    pub const fn with_trace(mut self, trace: Option<Traceparent>) -> Self {
        self.trace = trace;
        self
    }

    /// Never later than a deadline that stands already.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
        self
    }

    /// Runs work as part of this.
    pub async fn carry<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }
}

/// What the running work belongs to; empty in tasks.
pub fn capture() -> Context {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Runs work as part of a request.
pub async fn with_request<F: Future>(request: RequestContext, work: F) -> F::Output {
    capture().with_request(request).carry(work).await
}

/// The request that the running work belongs to; `None` in tasks.
pub fn request() -> Option<RequestContext> {
    CURRENT.try_with(|current| current.request.as_deref().cloned()).ok().flatten()
}

/// Its id.
pub fn request_id() -> Option<String> {
    CURRENT.try_with(|current| current.request.as_ref().map(|request| request.id.clone())).ok().flatten()
}

/// Where the running work stands in a trace.
pub fn trace() -> Option<Traceparent> {
    CURRENT.try_with(|current| current.trace).ok().flatten()
}

/// When the running work must be done: what it asks of others may take no longer.
pub fn deadline() -> Option<Instant> {
    CURRENT.try_with(|current| current.deadline).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_request_stays_with_its_work() {
        assert_eq!(request(), None);
        let named = RequestContext::named("r");
        assert_eq!(with_request(named.clone(), async { request() }).await, Some(named.clone()));
        assert_eq!(with_request(named, async { request_id() }).await.as_deref(), Some("r"));
    }

    #[tokio::test]
    async fn what_is_captured_goes_on_in_another_task() {
        let trace: Option<Traceparent> = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok();
        let context = Context::default().with_trace(trace).with_request(RequestContext::named("r"));
        let elsewhere = context
            .carry(async {
                let taken = capture();
                tokio::spawn(taken.carry(async { (request_id(), super::trace()) })).await.unwrap()
            })
            .await;
        assert_eq!(elsewhere, (Some("r".to_owned()), trace));
        assert!(trace.is_some());
    }

    #[tokio::test]
    async fn a_deadline_only_comes_nearer() {
        let (soon, later) = (Instant::now() + Duration::from_secs(1), Instant::now() + Duration::from_secs(9));
        for order in [[soon, later], [later, soon]] {
            let context = order.into_iter().fold(Context::default(), Context::with_deadline);
            assert_eq!(context.carry(async { deadline() }).await, Some(soon));
        }
    }
}
