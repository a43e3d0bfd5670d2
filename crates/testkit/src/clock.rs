//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use kit::{Ambient, Clock, Entropy, Timestamp};

/// Starts at 2026-01-01T00:00:00Z.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_767_225_600_000_000)))
    }
}

impl TestClock {
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// This clock with the kernel's randomness.
    pub fn ambient(&self) -> Ambient {
        struct Real(Ambient);
        impl Entropy for Real {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill_with(|| self.0.bytes::<1>()[0]);
            }
        }
        Ambient::new(Arc::new(self.clone()), Arc::new(Real(Ambient::system())))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
