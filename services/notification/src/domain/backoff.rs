//! How long a message waits after a failed attempt, and how long it is worth trying at all.

use std::time::Duration;

/// How old what happened may be when a mail or an event about it is sent.
pub const NEWS: Duration = Duration::from_secs(24 * 3_600);
/// How long an event may be under way to a webhook: its last retry is most of a day after its first attempt.
pub const EVENT: Duration = Duration::from_secs(48 * 3_600);
/// How long a receiver's wish for a pause is heard, in seconds.
pub const LONGEST_WISH: u64 = 60;
/// The longest wait of a code, and of other messages.
const LONGEST_FOR_CODES: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The waits between attempts at a webhook: 22 hours together.
const WEBHOOK: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(3_600),
    Duration::from_secs(3 * 3_600),
    Duration::from_secs(6 * 3_600),
    Duration::from_secs(12 * 3_600),
];

/// 1 s, 2 s, 4 s … after so many attempts: up to a minute for a code, to a quarter of an hour for others.
pub fn message(attempts: u32, is_code: bool) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let longest = if is_code { LONGEST_FOR_CODES } else { LONGEST };
    longest.min(Duration::from_secs(1 << doublings))
}

/// After so many attempts, up to a tenth longer by `jitter` of 0 to 99; `None` after the last.
pub fn webhook(attempts: u32, jitter: u32) -> Option<Duration> {
    let wait = *WEBHOOK.get(attempts.checked_sub(1)? as usize)?;
    Some(wait + wait * jitter.min(99) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_longest() {
        let waits = |is_code| -> Vec<u64> { (1..=12).map(|attempt| message(attempt, is_code).as_secs()).collect() };
        assert_eq!(waits(true), [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]);
        assert_eq!(waits(false), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn a_webhook_is_tried_nine_times_within_about_a_day() {
        let all: Duration = (1..).map_while(|attempt| webhook(attempt, 99)).sum();
        assert!(all > Duration::from_secs(22 * 3_600) && all < EVENT, "{all:?}");
        assert_eq!((1..).map_while(|attempt| webhook(attempt, 0)).count(), 8);
        assert_eq!(webhook(1, 0), Some(Duration::from_secs(5)));
    }
}
