//! What carries text messages away.

use async_trait::async_trait;
use kit::Failure;

use crate::domain::Text;

#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// Hands a text over. `SmsRefused` is final; `SmsGatewayUnavailable` may pass, and leaves open whether it went out.
    async fn send(&self, text: &Text) -> Result<(), Failure>;
}
