//! The clock and randomness as arguments, so that a test can move the one and fix the other.

use std::sync::Arc;

use uuid::Uuid;

use crate::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Gives random bytes fit for keys and tokens.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// What surrounds a computation: the time and chance that it may ask for.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Ambient {
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// The machine's clock and the kernel's randomness.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemEntropy))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A UUIDv7 of the clock's time.
    pub fn uuid(&self) -> Uuid {
        let millis = u64::try_from(self.now().as_micros() / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes::<10>()).into_uuid()
    }

    /// A number below `bound`, each as likely as the other; `bound` is above 0.
    pub fn below(&self, bound: u32) -> u32 {
        // Draws from the incomplete last stretch of the range are thrown away, so that no number is favoured.
        let fair = u32::MAX - u32::MAX % bound;
        loop {
            let drawn = u32::from_le_bytes(self.bytes());
            if drawn < fair {
                return drawn % bound;
            }
        }
    }

    /// `length` letters and digits: needs no quoting in a shell, a URI or SQL.
    pub fn password(&self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(ALPHABET[self.below(ALPHABET.len() as u32) as usize])).collect()
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the kernel gives random bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_plain_and_differ() {
        let ambient = Ambient::system();
        let (one, other) = (ambient.password(24), ambient.password(24));
        assert_ne!(one, other);
        assert!(one.len() == 24 && one.bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn every_number_below_the_bound_is_drawn() {
        let ambient = Ambient::system();
        let drawn: std::collections::BTreeSet<u32> = (0..2_000).map(|_| ambient.below(7)).collect();
        assert_eq!(drawn, (0..7).collect());
    }
}
