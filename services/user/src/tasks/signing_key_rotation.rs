//! Makes the next signing key in time and forgets old ones.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use wire::{Report, Task};

use crate::domain::signing_key::LOOK_EVERY;
use crate::ports::TokenSigner;

pub struct SigningKeyRotation {
    pub tokens: Arc<dyn TokenSigner>,
}

#[async_trait]
impl Task for SigningKeyRotation {
    fn name(&self) -> &'static str {
        "signing_key_rotation"
    }

    fn every(&self) -> Duration {
        LOOK_EVERY
    }

    async fn run_once(&self) -> Report {
        match self.tokens.rotate().await {
            Ok(done) => Report { seen: done, done, failed: 0 },
            Err(failure) => {
                tracing::error!(%failure, "could not rotate the signing keys");
                Report { seen: 1, done: 0, failed: 1 }
            }
        }
    }
}
