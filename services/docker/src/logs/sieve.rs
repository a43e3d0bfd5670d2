//! Tells new lines from those that the engine gives again: after a reconnect from the last second on, and when its
//! log file rotates (Docker 20.10 gave 1,453 of 60,000 lines twice). Pure: times in, a verdict out.

use std::time::Duration;

use kit::Timestamp;

use super::entry::{Entry, Line, Seq, What};
use crate::ports::log_source::{LogStream, Stamp};

/// The newest line of one output: the pieces of a long one are of one time, so they are counted. Count 0 is none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    pub time: Stamp,
    pub count: u32,
    /// Whether the line goes on.
    pub partial: bool,
}

impl Default for Last {
    fn default() -> Self {
        Self { time: Stamp::from_nanos(0), count: 0, partial: false }
    }
}

/// A line, or a piece of one, on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub time: Stamp,
    pub line: Line,
}

/// How far a log has got: its last place, the container that it is of, the newest line of each output. Per output,
/// because the engine stamps the two independently and may write them a moment out of order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub seq: Seq,
    pub container: String,
    pub last: [Last; 2],
}

impl Mark {
    /// The newest time of either output; `None` while there is no line.
    pub fn newest(&self) -> Option<Stamp> {
        self.last.iter().filter(|last| last.count > 0).map(|last| last.time).max()
    }

    /// Moves past a stored entry.
    pub fn pass(&mut self, entry: &Entry) {
        self.seq = entry.seq;
        if let What::Line(line) = &entry.what {
            let last = &mut self.last[index(line.stream)];
            let count = if last.time == entry.time { last.count + 1 } else { 1 };
            *last = Last { time: entry.time, count, partial: line.partial };
        }
    }

    /// The mark with which another epoch begins.
    pub fn another_epoch(&self, container: &str, now: Timestamp) -> Self {
        // Never lower than the clock: a log whose files were lost goes on above what its readers have seen.
        let epoch = (self.seq.epoch + 1).max(u64::try_from(now.as_secs()).unwrap_or(0));
        Self { seq: Seq { epoch, ordinal: 0 }, container: container.to_owned(), last: [Last::default(); 2] }
    }
}

const fn index(stream: LogStream) -> usize {
    match stream {
        LogStream::Stdout => 0,
        LogStream::Stderr => 1,
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    New,
    /// New, and lines between the last known one and this are gone.
    NewAfterGap,
    Repeat,
    /// The machine's clock went back: from here on times mean something else.
    SteppedBack,
}

/// One reading of a container's output.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    /// How many pieces of the newest time have passed by in this reading, and the checksum of the last of them.
    seen: [(u32, u32); 2],
    /// The newest line known before this reading, until it has come by again.
    sought: Option<Stamp>,
}

impl Sieve {
    /// How much is read again after a pause: the two outputs may be a moment out of order.
    const OVERLAP: Duration = Duration::from_secs(1);

    /// A reading that goes on from a mark, and from when it must read.
    pub fn resume(mark: &Mark, now: Timestamp) -> (Self, Timestamp) {
        let since = match mark.newest() {
            Some(newest) if now >= newest.time() => newest.time().minus(Self::OVERLAP),
            // The clock stands before our newest line: what came after it may bear any time.
            _ => Timestamp::EPOCH,
        };
        (Self { seen: [(0, 0); 2], sought: mark.newest() }, since)
    }

    /// Judges the next piece. The clock is the engine's own: this service runs beside it.
    pub fn judge(&mut self, mark: &Mark, piece: &Piece, now: Timestamp) -> Verdict {
        let (last, seen) = (mark.last[index(piece.line.stream)], &mut self.seen[index(piece.line.stream)]);
        let checksum = crc32fast::hash(&piece.line.text);
        if last.count > 0 && piece.time < last.time {
            *seen = (0, 0);
            if self.sought.is_none() && now < last.time.time() {
                return Verdict::SteppedBack;
            }
            return Verdict::Repeat;
        }
        let (mut passed, before) = if last.count > 0 && piece.time == last.time { *seen } else { (0, 0) };
        if piece.time == last.time && passed == last.count && !last.partial && before == checksum {
            // The same line at the same nanosecond: the engine begins to repeat with it.
            passed = 0;
        }
        *seen = (passed + 1, checksum);
        if piece.time == last.time && passed < last.count {
            self.met(piece.time);
            return Verdict::Repeat;
        }
        match self.sought {
            Some(sought) if piece.time > sought => {
                self.sought = None;
                Verdict::NewAfterGap
            }
            _ => Verdict::New,
        }
    }

    fn met(&mut self, time: Stamp) {
        if self.sought == Some(time) {
            self.sought = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use LogStream::{Stderr, Stdout};
    use Verdict::{New, NewAfterGap, Repeat, SteppedBack};

    use super::*;

    const SECOND: i64 = 1_000_000;

    struct Reading {
        mark: Mark,
        sieve: Sieve,
        now: i64,
    }

    impl Reading {
        fn fresh() -> Self {
            Self { mark: Mark::default(), sieve: Sieve::default(), now: 1000 * SECOND }
        }

        fn give(&mut self, stream: LogStream, time: i64) -> Verdict {
            self.take(stream, time, "text", false)
        }

        fn take(&mut self, stream: LogStream, time: i64, text: &str, partial: bool) -> Verdict {
            let time = Timestamp::from_micros(time).into();
            let piece = Piece { time, line: Line { stream, text: text.into(), partial } };
            let verdict = self.sieve.judge(&self.mark, &piece, Timestamp::from_micros(self.now));
            if matches!(verdict, New | NewAfterGap) {
                self.mark.pass(&Entry { seq: self.mark.seq.next(), time, what: What::Line(piece.line) });
            }
            verdict
        }

        fn out(&mut self, times: &[i64]) -> Vec<Verdict> {
            times.iter().map(|time| self.give(Stdout, *time)).collect()
        }

        fn reconnect(&mut self) -> Timestamp {
            let (sieve, since) = Sieve::resume(&self.mark, Timestamp::from_micros(self.now));
            self.sieve = sieve;
            since
        }
    }

    #[test]
    fn pieces_of_one_line_are_all_kept_even_if_they_are_alike() {
        let mut reading = Reading::fresh();
        let pieces = |reading: &mut Reading| {
            [("x", true), ("x", true), ("y", false)].map(|(text, partial)| reading.take(Stdout, 5, text, partial))
        };
        assert_eq!(pieces(&mut reading), [New; 3]);
        assert_eq!(reading.out(&[4]), [Repeat]);
        assert_eq!(pieces(&mut reading), [Repeat; 3]);
        reading.reconnect();
        assert_eq!(pieces(&mut reading), [Repeat; 3]);
        assert_eq!(reading.out(&[6]), [New]);
    }

    #[test]
    fn what_a_rotation_repeats_is_dropped() {
        let mut reading = Reading::fresh();
        reading.out(&[1, 2, 3]);
        assert_eq!(reading.out(&[1, 2, 3, 4]), [Repeat, Repeat, Repeat, New]);
        assert_eq!(reading.out(&[4, 5]), [Repeat, New]);
    }

    #[test]
    fn another_text_at_the_same_time_is_another_line() {
        let mut reading = Reading::fresh();
        assert_eq!(reading.take(Stdout, 1, "one", false), New);
        assert_eq!(reading.take(Stdout, 1, "two", false), New);
        assert_eq!(reading.take(Stdout, 1, "two", false), Repeat);
    }

    #[test]
    fn a_reconnect_takes_up_where_it_was() {
        let mut reading = Reading::fresh();
        reading.out(&[10 * SECOND, 11 * SECOND]);
        assert_eq!(reading.reconnect(), Timestamp::from_micros(10 * SECOND));
        assert_eq!(reading.out(&[10 * SECOND, 11 * SECOND, 12 * SECOND]), [Repeat, Repeat, New]);
    }

    #[test]
    fn lines_rotated_away_meanwhile_are_one_gap() {
        let mut reading = Reading::fresh();
        reading.out(&[10 * SECOND]);
        reading.reconnect();
        assert_eq!(reading.out(&[20 * SECOND, 21 * SECOND]), [NewAfterGap, New]);
    }

    #[test]
    fn an_output_that_lags_behind_the_other_is_no_gap_and_no_repeat() {
        let mut reading = Reading::fresh();
        assert_eq!(reading.give(Stdout, 100), New);
        assert_eq!(reading.give(Stderr, 99), New);
        reading.reconnect();
        assert_eq!(reading.give(Stderr, 99), Repeat);
        assert_eq!(reading.give(Stderr, 100), New);
        assert_eq!(reading.give(Stdout, 100), Repeat);
        assert_eq!(reading.give(Stdout, 101), New);
    }

    #[test]
    fn a_clock_that_stepped_back_is_told_from_a_repeat() {
        let mut reading = Reading::fresh();
        reading.out(&[900 * SECOND]);
        assert_eq!(reading.out(&[899 * SECOND]), [Repeat]);
        reading.now = 500 * SECOND;
        assert_eq!(reading.out(&[499 * SECOND]), [SteppedBack]);
    }

    #[test]
    fn after_a_step_back_while_away_the_known_lines_are_still_repeats() {
        let mut reading = Reading::fresh();
        reading.out(&[800 * SECOND, 900 * SECOND]);
        reading.now = 500 * SECOND;
        assert_eq!(reading.reconnect(), Timestamp::EPOCH);
        assert_eq!(reading.out(&[800 * SECOND, 900 * SECOND, 499 * SECOND]), [Repeat, Repeat, SteppedBack]);
    }
}
