//! How fast one user may comment.

use std::time::Duration;

use kit::{ErrorCode, Failure, Timestamp};

/// At most so many comments within any stretch of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub most: u32,
    pub within: Duration,
}

impl Pace {
    /// Whether one more may follow; `earlier` are the times of those before, in any order.
    /// `RateLimited` with the seconds until it may.
    pub fn admit(self, earlier: &[Timestamp], now: Timestamp) -> Result<(), Failure> {
        let mut recent: Vec<Timestamp> = earlier.iter().copied().filter(|at| at.plus(self.within) > now).collect();
        recent.sort();
        // One more may come when fewer than `most` are left of those that are in the way now.
        let in_the_way = recent.len().checked_sub(self.most as usize).and_then(|surplus| recent.get(surplus));
        match in_the_way {
            None => Ok(()),
            Some(at) => Err(too_fast(at.plus(self.within).since(now))),
        }
    }
}

fn too_fast(wait: Duration) -> Failure {
    let seconds = u32::try_from(wait.as_micros().div_ceil(1_000_000)).unwrap_or(u32::MAX);
    let told = format!("These are many comments in a short time; the next may come in {seconds} s.");
    Failure::new(ErrorCode::RateLimited, told).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_wait_is_until_the_oldest_that_counts_is_out_of_sight() {
        let pace = Pace { most: 2, within: Duration::from_secs(10) };
        let wait = |earlier: &[i64], now| {
            let earlier: Vec<Timestamp> = earlier.iter().copied().map(at).collect();
            pace.admit(&earlier, at(now)).err().and_then(|failure| failure.retry_after)
        };
        assert_eq!(wait(&[], 0), None);
        assert_eq!(wait(&[0], 1), None);
        assert_eq!(wait(&[4, 0], 4), Some(6));
        assert_eq!(wait(&[0, 4], 10), None, "the first is ten seconds ago");
        assert_eq!(wait(&[1, 2, 4], 5), Some(7), "two of three have to pass");
    }
}
