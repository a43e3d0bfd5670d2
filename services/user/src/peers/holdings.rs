//! What tenants hold, as the allocation service settles it.

use async_trait::async_trait;
use kit::Failure;
use proto::convert::failure_of;
use proto::v1::allocations_client::AllocationsClient;
use proto::v1::{self, SettleRequest};
use wire::Peer;
use wire::peer::Calls;

use crate::domain::{Settlement, Wish};
use crate::ports::Holdings;

/// The allocation service.
pub struct AllocationHoldings(AllocationsClient<Calls>);

impl AllocationHoldings {
    pub fn new(allocation: &Peer) -> Self {
        Self(AllocationsClient::new(allocation.calls()))
    }
}

#[async_trait]
impl Holdings for AllocationHoldings {
    async fn settle(&self, work: Settlement) -> Result<u32, Failure> {
        let wish = match work.wish {
            Wish::Stopped => v1::Settlement::Stopped,
            Wish::Removed => v1::Settlement::Removed,
        };
        let request =
            SettleRequest { tenant_id: work.tenant.to_string(), wish: wish.into(), actor: work.actor.to_string() };
        let answer = self.0.clone().settle(request).await.map_err(|status| failure_of(&status))?;
        Ok(answer.into_inner().left)
    }
}
