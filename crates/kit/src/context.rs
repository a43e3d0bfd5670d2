//! The request that the running work belongs to, carried along with it and over every hop.

use std::future::Future;

tokio::task_local! {
    static REQUEST: RequestId;
}

/// Names one request, for people who look for it in logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Runs work as part of a request.
pub async fn with_request_id<F: Future>(id: RequestId, work: F) -> F::Output {
    REQUEST.scope(id, work).await
}

/// The request that the running work belongs to; `None` in tasks.
pub fn request_id() -> Option<String> {
    REQUEST.try_with(|id| id.0.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_id_stays_with_its_work() {
        assert_eq!(request_id(), None);
        assert_eq!(with_request_id(RequestId("r".into()), async { request_id() }).await.as_deref(), Some("r"));
    }
}
