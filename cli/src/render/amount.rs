//! Sizes and times as people read them; programs get them exact.

use std::time::Duration;

use kit::{Bytes, Timestamp};

/// A size in the greatest unit that it fills, with a decimal where it is not whole: `512MiB`, `1.4GiB`.
pub fn size(bytes: u64) -> String {
    let unit =
        [(Bytes::GIB, "GiB"), (Bytes::MIB, "MiB"), (Bytes::KIB, "KiB")].into_iter().find(|(unit, _)| bytes >= *unit);
    match unit {
        Some((unit, name)) if !bytes.is_multiple_of(unit) => format!("{:.1}{name}", bytes as f64 / unit as f64),
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

/// The greatest unit that fits, and no more: `3 s`, `12 min`, `5 h`, `40 d`.
pub fn age(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A moment to the second, in UTC: `2026-01-31 09:30:00`.
pub fn moment(at: Timestamp) -> String {
    at.to_string().chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fill_their_unit() {
        let sizes = [0, 1_000, 1_536, 268_435_456, 1_503_238_553, 4 << 30].map(size);
        assert_eq!(sizes, ["0B", "1000B", "1.5KiB", "256MiB", "1.4GiB", "4GiB"]);
    }

    #[test]
    fn ages_are_short_and_moments_to_the_second() {
        let ages = [5, 65, 7_300, 90_000, 200_000].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(ages, ["5 s", "1 min", "2 h", "25 h", "2 d"]);
        assert_eq!(moment("2026-01-31T09:30:00.5Z".parse().unwrap()), "2026-01-31 09:30:00");
    }
}
