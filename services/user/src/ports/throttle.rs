//! How often codes go to one e-mail address, whether or not somebody has it. Not part of the codes: what nobody has must not
//! cost a row beside accounts, and the count must hold where it is shared by replicas.

use async_trait::async_trait;
use kit::{Failure, Timestamp};

use crate::domain::CodeRules;

/// Counts codes by their recipient. Without it none goes: `store_unavailable`.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts a code, if the rules allow one now; `code_too_soon` with the wait, and nothing is counted. Of many at once as many
    /// go as the rules allow. `at` is now by the caller's clock; a throttle that has a clock of its own goes by that. When it
    /// was counted is what `take_back` needs.
    async fn admit(&self, recipient: &[u8; 32], rules: CodeRules, at: Timestamp) -> Result<Timestamp, Failure>;

    /// Counts a code that goes in any case.
    async fn count(&self, recipient: &[u8; 32], at: Timestamp) -> Result<Timestamp, Failure>;

    /// Takes back what was counted then and did not go.
    async fn take_back(&self, recipient: &[u8; 32], counted: Timestamp) -> Result<(), Failure>;
}
