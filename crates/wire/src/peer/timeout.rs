//! How long a call may take, as gRPC writes it: the header `grpc-timeout`, a number of at most eight digits and a unit.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

const HEADER: HeaderName = HeaderName::from_static("grpc-timeout");

/// What a request's header says; `None` without one, or where it is none.
pub fn read(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.len() > 8 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// Says how much time is left until `deadline`: at least a millisecond, at most a day.
pub fn write(headers: &mut HeaderMap, deadline: Instant) {
    let left = deadline.saturating_duration_since(Instant::now()).as_millis().clamp(1, 86_400_000);
    if let Ok(value) = HeaderValue::try_from(format!("{left}m")) {
        headers.insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, text.parse().unwrap());
        read(&headers)
    }

    #[test]
    fn each_unit_is_read_and_nothing_else() {
        for (text, expected) in [
            ("2H", Duration::from_secs(7200)),
            ("3M", Duration::from_secs(180)),
            ("10S", Duration::from_secs(10)),
            ("250m", Duration::from_millis(250)),
            ("10000000u", Duration::from_secs(10)),
            ("7n", Duration::from_nanos(7)),
        ] {
            assert_eq!(says(text), Some(expected), "{text}");
        }
        for bad in ["", "S", "5", "5x", "-5S", "123456789S", "5 S"] {
            assert_eq!(says(bad), None, "{bad}");
        }
        assert_eq!(read(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn what_is_left_is_written_and_never_nothing() {
        let mut headers = HeaderMap::new();
        write(&mut headers, Instant::now() + Duration::from_secs(5));
        let left = read(&headers).unwrap();
        assert!(left <= Duration::from_secs(5) && left > Duration::from_secs(4), "{left:?}");
        write(&mut headers, Instant::now());
        assert_eq!(read(&headers), Some(Duration::from_millis(1)));
    }
}
