//! How a log looks on a file: records with their length and a checksum, so that a tail torn by a crash shows itself.
//! `length u32 · crc32 u32 · kind u8 · epoch u64 · ordinal u64 · time i64 · rest`, little-endian; length and checksum
//! are of what follows them.

use super::entry::{Entry, Line, Seq, What};
use super::sieve::{Last, Mark};
use crate::ports::log_source::{LogStream, Stamp};

const FRAME: usize = 8;
const FIXED: usize = 1 + 8 + 8 + 8;
/// Above any record that is written: a longer length is garbage.
const LONGEST: usize = 64 << 10;

const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const GAP: u8 = 3;
const MARK: u8 = 4;
/// Added to the kind of a line that goes on in the next.
const PARTIAL: u8 = 0x80;

/// A mark's part for one output: time i64, count u32, partial u8.
const LAST: usize = 8 + 4 + 1;

/// What a file consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Entry(Entry),
    /// Stands first in every file and wherever an epoch begins: all that a writer must know to go on from there.
    Mark(Mark),
}

pub fn encode_entry(entry: &Entry, into: &mut Vec<u8>) {
    let (kind, rest): (u8, &[u8]) = match &entry.what {
        What::Line(line) => (kind_of(line), &line.text),
        What::Gap => (GAP, &[]),
    };
    encode(kind, entry.seq, entry.time.as_nanos(), &[rest], into);
}

const fn kind_of(line: &Line) -> u8 {
    let kind = match line.stream {
        LogStream::Stdout => STDOUT,
        LogStream::Stderr => STDERR,
    };
    if line.partial { kind | PARTIAL } else { kind }
}

pub fn encode_mark(mark: &Mark, into: &mut Vec<u8>) {
    let mut lasts = Vec::with_capacity(2 * LAST);
    for last in mark.last {
        lasts.extend_from_slice(&last.time.as_nanos().to_le_bytes());
        lasts.extend_from_slice(&last.count.to_le_bytes());
        lasts.push(last.partial.into());
    }
    encode(MARK, mark.seq, 0, &[&lasts, mark.container.as_bytes()], into);
}

fn encode(kind: u8, seq: Seq, time: i64, rest: &[&[u8]], into: &mut Vec<u8>) {
    let length = FIXED + rest.iter().map(|part| part.len()).sum::<usize>();
    into.extend_from_slice(&(length as u32).to_le_bytes());
    let checksum_at = into.len();
    into.extend_from_slice(&[0; 4]);
    into.push(kind);
    into.extend_from_slice(&seq.epoch.to_le_bytes());
    into.extend_from_slice(&seq.ordinal.to_le_bytes());
    into.extend_from_slice(&time.to_le_bytes());
    for part in rest {
        into.extend_from_slice(part);
    }
    let checksum = crc32fast::hash(&into[checksum_at + 4..]);
    into[checksum_at..checksum_at + 4].copy_from_slice(&checksum.to_le_bytes());
}

/// The first record and how many bytes it takes; `None` at the end, and where what follows is torn or damaged.
pub fn decode(bytes: &[u8]) -> Option<(Record, usize)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    if !(FIXED..=LONGEST).contains(&length) {
        return None;
    }
    let body = bytes.get(FRAME..FRAME + length)?;
    let checksum = u32::from_le_bytes(bytes.get(4..FRAME)?.try_into().ok()?);
    if crc32fast::hash(body) != checksum {
        return None;
    }
    Some((record(body)?, FRAME + length))
}

fn record(body: &[u8]) -> Option<Record> {
    let (fixed, rest) = body.split_at_checked(FIXED)?;
    let seq = Seq { epoch: u64::from_le_bytes(part(fixed, 1)?), ordinal: u64::from_le_bytes(part(fixed, 9)?) };
    let time = Stamp::from_nanos(i64::from_le_bytes(part(fixed, 17)?));
    let partial = fixed[0] & PARTIAL != 0;
    let line = |stream| {
        let what = What::Line(Line { stream, text: rest.to_vec(), partial });
        Some(Record::Entry(Entry { seq, time, what }))
    };
    match fixed[0] & !PARTIAL {
        STDOUT => line(LogStream::Stdout),
        STDERR => line(LogStream::Stderr),
        GAP => Some(Record::Entry(Entry { seq, time, what: What::Gap })),
        MARK => mark(seq, rest).map(Record::Mark),
        _ => None,
    }
}

fn mark(seq: Seq, rest: &[u8]) -> Option<Mark> {
    let last = |at| {
        let time = Stamp::from_nanos(i64::from_le_bytes(part(rest, at)?));
        let [partial] = part(rest, at + 12)?;
        Some(Last { time, count: u32::from_le_bytes(part(rest, at + 8)?), partial: partial != 0 })
    };
    let container = String::from_utf8(rest.get(2 * LAST..)?.to_vec()).ok()?;
    Some(Mark { seq, last: [last(0)?, last(LAST)?], container })
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// The records of a file up to its end or its first damage, and how many bytes they take.
pub fn decode_all(bytes: &[u8]) -> (Vec<Record>, usize) {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some((record, length)) = decode(&bytes[at..]) {
        records.push(record);
        at += length;
    }
    (records, at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let stream = prop_oneof![Just(LogStream::Stdout), Just(LogStream::Stderr)];
        let line = (stream, prop::collection::vec(any::<u8>(), 0..200), any::<bool>())
            .prop_map(|(stream, text, partial)| What::Line(Line { stream, text, partial }));
        let what = prop_oneof![2 => line, 1 => Just(What::Gap)];
        let entry = (any::<u64>(), any::<u64>(), any::<i64>(), what).prop_map(|(epoch, ordinal, time, what)| Entry {
            seq: Seq { epoch, ordinal },
            time: Stamp::from_nanos(time),
            what,
        });
        prop::collection::vec(entry, 0..10)
    }

    fn file(entries: &[Entry]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = Vec::new();
        let ends = entries.iter().map(|entry| {
            encode_entry(entry, &mut bytes);
            bytes.len()
        });
        let ends = ends.collect();
        (bytes, ends)
    }

    proptest! {
        #[test]
        fn what_was_whole_at_a_cut_is_read_and_nothing_else(entries in entries(), cut in 0.0_f64..=1.0) {
            let (bytes, ends) = file(&entries);
            let cut = (cut * bytes.len() as f64) as usize;
            let whole = ends.iter().filter(|end| **end <= cut).count();
            let (records, used) = decode_all(&bytes[..cut]);
            prop_assert_eq!(used, ends[..whole].last().copied().unwrap_or(0));
            let expected: Vec<Record> = entries[..whole].iter().cloned().map(Record::Entry).collect();
            prop_assert_eq!(records, expected);
        }

        #[test]
        fn a_flipped_bit_is_noticed(entries in entries(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let (mut bytes, ends) = file(&entries);
            prop_assume!(!bytes.is_empty());
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let before = ends.iter().filter(|end| **end <= at).count();
            prop_assert_eq!(decode_all(&bytes).0.len(), before);
        }
    }

    #[test]
    fn a_mark_survives_its_bytes() {
        let last = |nanos| Last { time: Stamp::from_nanos(nanos), count: 3, partial: nanos > 8 };
        let mark = Mark { seq: Seq { epoch: 1, ordinal: 2 }, container: "c0ffee".into(), last: [last(7), last(9)] };
        let mut bytes = Vec::new();
        encode_mark(&mark, &mut bytes);
        assert_eq!(decode(&bytes), Some((Record::Mark(mark), bytes.len())));
    }
}
