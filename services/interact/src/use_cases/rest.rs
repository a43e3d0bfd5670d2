//! Waits for an allocation to come to rest. Its log says itself when a container ends; of one that never ran there is no
//! log that could.

use std::sync::Arc;
use std::time::Duration;

use kit::{AllocationId, ErrorCode, TenantId};

use crate::ports::{Allocations, Standing};

pub struct Rest {
    pub allocations: Arc<dyn Allocations>,
    pub tenant: TenantId,
    /// How often is looked.
    pub every: Duration,
}

impl Rest {
    /// The state of rest. Given only when it was seen twice, so that the log's own last lines come before it.
    pub async fn comes(self, id: AllocationId) -> String {
        let mut before = None;
        loop {
            tokio::time::sleep(self.every).await;
            let seen = match self.allocations.find(self.tenant, id).await {
                Ok(Standing::AtRest(state)) => Some(state),
                Err(failure) if failure.code == ErrorCode::AllocationNotFound => Some("removed".to_owned()),
                Ok(Standing::Live) | Err(_) => None,
            };
            match (before, seen) {
                (Some(_), Some(state)) => return state,
                (_, seen) => before = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use kit::{Ambient, Failure};

    use super::*;

    /// Answers one by one, the last one for good.
    struct Script(Mutex<Vec<Result<Standing, ErrorCode>>>);

    #[async_trait]
    impl Allocations for Script {
        async fn find(&self, _: TenantId, _: AllocationId) -> Result<Standing, Failure> {
            let mut script = self.0.lock().unwrap();
            let next = if script.len() > 1 { script.remove(0) } else { script[0].clone() };
            next.map_err(Failure::of)
        }
    }

    async fn rest(script: &[Result<Standing, ErrorCode>]) -> String {
        let (ambient, script) = (Ambient::system(), Script(Mutex::new(script.to_vec())));
        let tenant = TenantId::mint(&ambient);
        let rest = Rest { allocations: Arc::new(script), tenant, every: Duration::from_millis(1) };
        rest.comes(AllocationId::mint(&ambient)).await
    }

    fn at_rest(state: &str) -> Standing {
        Standing::AtRest(state.into())
    }

    #[tokio::test]
    async fn it_must_be_seen_twice_in_a_row() {
        let script = [
            Ok(Standing::Live),
            Ok(at_rest("stopped")),
            Ok(Standing::Live),
            Ok(at_rest("failed")),
            Ok(at_rest("failed")),
        ];
        assert_eq!(rest(&script).await, "failed");
    }

    #[tokio::test]
    async fn one_that_is_not_found_any_more_was_removed_and_one_that_nobody_knows_was_not() {
        let script = [Ok(at_rest("stopped")), Err(ErrorCode::PeerUnavailable), Err(ErrorCode::AllocationNotFound)];
        assert_eq!(rest(&script).await, "removed");
    }
}
