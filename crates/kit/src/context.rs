//! The request that the running work belongs to, carried along with it and over every hop.

use std::future::Future;
use std::net::IpAddr;

tokio::task_local! {
    static REQUEST: RequestContext;
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

/// Runs work as part of a request.
pub async fn with_request<F: Future>(request: RequestContext, work: F) -> F::Output {
    REQUEST.scope(request, work).await
}

/// The request that the running work belongs to; `None` in tasks.
pub fn request() -> Option<RequestContext> {
    REQUEST.try_with(Clone::clone).ok()
}

/// Its id.
pub fn request_id() -> Option<String> {
    REQUEST.try_with(|request| request.id.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_stays_with_its_work() {
        assert_eq!(request(), None);
        let named = RequestContext::named("r");
        assert_eq!(with_request(named.clone(), async { request() }).await, Some(named.clone()));
        assert_eq!(with_request(named, async { request_id() }).await.as_deref(), Some("r"));
    }
}
