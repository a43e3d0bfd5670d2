//! One allocation's log: written by one reader of the engine, read by anybody from any place, live through a ring.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::Timestamp;
use tokio::sync::{broadcast, watch};

use super::entry::{Entry, Filter, Line, Seq, What};
use super::record::{encode_entry, encode_mark};
use super::segment::{self, Segment};
use super::sieve::{Mark, Piece, Sieve, Verdict};
use super::store::Bounds;
use crate::ports::log_source::RawLine;

/// How many entries wait in memory for readers; one that falls further behind reads on from the files.
const RING: usize = 256;
/// A longer line becomes several, as with the engine.
const LONGEST_LINE: usize = 16 << 10;

/// Whether more is to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No container was seen yet.
    Waiting,
    Running,
    /// The container ended and all that it said is stored.
    Ended,
    /// The log was forgotten.
    Removed,
}

/// A stretch of stored entries.
#[derive(Debug, Default)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Lines between the cursor and the first entry are stored no more; how many, where that can be told.
    pub missed: Option<Option<u64>>,
    /// Nothing was stored behind this when it was read.
    pub head: bool,
}

/// All methods but `subscribe` and `phase` work on files: call them where blocking is allowed.
pub struct Log {
    dir: PathBuf,
    bounds: Bounds,
    writer: Mutex<Writer>,
    live: broadcast::Sender<Arc<Entry>>,
    phase: watch::Sender<Phase>,
}

#[derive(Default)]
struct Writer {
    /// `None` until the files were looked at, and again after a write that failed: they are the truth.
    opened: Option<Opened>,
    sieve: Sieve,
    forgotten: bool,
}

struct Opened {
    segments: Vec<Segment>,
    mark: Mark,
    file: Option<File>,
    size: u64,
}

impl Log {
    pub fn new(dir: PathBuf, bounds: Bounds) -> Self {
        let (live, phase) = (broadcast::Sender::new(RING), watch::Sender::new(Phase::Waiting));
        Self { dir, bounds, writer: Mutex::default(), live, phase }
    }

    /// One that holds nothing and never will.
    #[must_use]
    pub fn forgotten(self) -> Self {
        self.lock().forgotten = true;
        self.set_phase(Phase::Removed);
        self
    }

    /// Entries as they are stored from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Entry>> {
        self.live.subscribe()
    }

    pub fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// A forgotten log stays so.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.send_if_modified(|present| {
            let changes = *present != phase && *present != Phase::Removed;
            if changes {
                *present = phase;
            }
            changes
        });
    }

    /// Begins to read a container's output, and says from when on it must be read.
    pub fn begin(&self, container: &str, now: Timestamp) -> io::Result<Timestamp> {
        let mut writer = self.lock();
        if writer.forgotten {
            return Ok(now);
        }
        let opened = writer.open(&self.dir)?;
        if opened.mark.container != container {
            let mark = opened.mark.another_epoch(container, now);
            writer.write(&self.dir, self.bounds, vec![Step::Epoch(mark)])?;
        }
        let (sieve, since) = Sieve::resume(&writer.open(&self.dir)?.mark, now);
        writer.sieve = sieve;
        Ok(since)
    }

    /// Stores what is new among lines as the engine gave them, and hands it to those who follow.
    pub fn append(&self, lines: Vec<RawLine>, now: Timestamp) -> io::Result<usize> {
        let mut writer = self.lock();
        if writer.forgotten {
            return Ok(0);
        }
        let steps = writer.sift(&self.dir, lines, now)?;
        let fresh = writer.write(&self.dir, self.bounds, steps)?;
        let stored = fresh.len();
        // Within the lock, so that the ring has the order of the files.
        for entry in fresh {
            // Fails when nobody follows.
            let _ = self.live.send(Arc::new(entry));
        }
        Ok(stored)
    }

    /// What is stored behind a cursor, or from the beginning: about one file's worth.
    pub fn page(&self, cursor: Option<Seq>) -> io::Result<Page> {
        let segments = self.segments()?;
        let from = cursor.unwrap_or_default();
        let first = segments.iter().skip(1).take_while(|next| next.begins <= from).count();
        // How far all is known to have been read; without a cursor nothing can be missing.
        let mut reached = cursor;
        for (at, segment) in segments.iter().enumerate().skip(first) {
            let missed = reached.filter(|reached| segment.begins > *reached).map(|reached| {
                let same = reached.epoch == segment.begins.epoch;
                same.then(|| segment.begins.ordinal - reached.ordinal)
            });
            let (mut entries, ends) = segment.read(&self.dir)?;
            entries.retain(|entry| entry.seq > from);
            let head = at + 1 == segments.len();
            if head || missed.is_some() || !entries.is_empty() {
                return Ok(Page { entries, missed, head });
            }
            reached = reached.max(Some(ends));
        }
        Ok(Page { head: true, ..Page::default() })
    }

    /// The cursor behind which the last `count` wanted entries stand; the one given where there are no more than those.
    pub fn tail(&self, cursor: Option<Seq>, filter: &Filter, count: u64) -> io::Result<Option<Seq>> {
        let from = cursor.unwrap_or_default();
        let mut left = count;
        let segments = self.segments()?;
        if left == 0 {
            return Ok(cursor.max(Some(self.lock().open(&self.dir)?.mark.seq)));
        }
        for segment in segments.iter().rev() {
            let (entries, _) = segment.read(&self.dir)?;
            for entry in entries.iter().rev().filter(|entry| entry.seq > from && filter.wants(entry)) {
                left -= 1;
                if left == 0 {
                    return Ok(Some(entry.seq.before()));
                }
            }
        }
        Ok(cursor)
    }

    /// Removes the files for good and tells those who follow.
    pub fn forget(&self) -> io::Result<()> {
        let mut writer = self.lock();
        *writer = Writer { forgotten: true, ..Writer::default() };
        self.set_phase(Phase::Removed);
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn segments(&self) -> io::Result<Vec<Segment>> {
        let mut writer = self.lock();
        if writer.forgotten { Ok(Vec::new()) } else { Ok(writer.open(&self.dir)?.segments.clone()) }
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        // A panic in between leaves files that are sound up to some record.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be written next.
enum Step {
    Epoch(Mark),
    Entry(Entry),
}

impl Writer {
    fn open(&mut self, dir: &Path) -> io::Result<&mut Opened> {
        if self.opened.is_none() {
            self.opened = Some(Opened::look(dir)?);
        }
        self.opened.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Numbers the lines that are new, without writing them.
    fn sift(&mut self, dir: &Path, lines: Vec<RawLine>, now: Timestamp) -> io::Result<Vec<Step>> {
        let mut mark = self.open(dir)?.mark.clone();
        let mut steps = Vec::with_capacity(lines.len());
        for piece in lines.into_iter().flat_map(cut) {
            match self.sieve.judge(&mark, &piece, now) {
                Verdict::Repeat => continue,
                Verdict::New => {}
                Verdict::NewAfterGap => {
                    let gap = Entry { seq: mark.seq.next(), time: piece.time, what: What::Gap };
                    mark.pass(&gap);
                    steps.push(Step::Entry(gap));
                }
                Verdict::SteppedBack => {
                    mark = mark.another_epoch(&mark.container, now);
                    self.sieve = Sieve::default();
                    steps.push(Step::Epoch(mark.clone()));
                    // Counts the line as seen, as `New` does.
                    self.sieve.judge(&mark, &piece, now);
                }
            }
            let entry = Entry { seq: mark.seq.next(), time: piece.time, what: What::Line(piece.line) };
            mark.pass(&entry);
            steps.push(Step::Entry(entry));
        }
        Ok(steps)
    }

    /// Writes, and gives back the entries. After a failure the files are looked at anew before the next write.
    fn write(&mut self, dir: &Path, bounds: Bounds, steps: Vec<Step>) -> io::Result<Vec<Entry>> {
        let written = self.open(dir)?.write(dir, bounds, steps);
        if written.is_err() {
            self.opened = None;
        }
        written
    }
}

impl Opened {
    fn look(dir: &Path) -> io::Result<Self> {
        let found = segment::look(dir)?;
        let last = found.segments.last();
        let file = last.map(|last| segment::reopen(&last.path(dir), found.sound)).transpose()?;
        Ok(Self { segments: found.segments, mark: found.mark, file, size: found.sound })
    }

    fn write(&mut self, dir: &Path, bounds: Bounds, steps: Vec<Step>) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::with_capacity(steps.len());
        let mut buffer = Vec::new();
        for step in steps {
            if self.file.is_none() || self.size + buffer.len() as u64 >= bounds.segment_bytes {
                self.flush(&mut buffer)?;
                self.rotate(dir, bounds)?;
            }
            match step {
                Step::Epoch(mark) => {
                    encode_mark(&mark, &mut buffer);
                    self.mark = mark;
                }
                Step::Entry(entry) => {
                    encode_entry(&entry, &mut buffer);
                    self.mark.pass(&entry);
                    entries.push(entry);
                }
            }
        }
        self.flush(&mut buffer)?;
        Ok(entries)
    }

    fn flush(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        if let (Some(file), false) = (&mut self.file, buffer.is_empty()) {
            file.write_all(buffer)?;
            self.size += buffer.len() as u64;
            buffer.clear();
        }
        Ok(())
    }

    fn rotate(&mut self, dir: &Path, bounds: Bounds) -> io::Result<()> {
        let number = self.segments.last().map_or(1, |last| last.number + 1);
        self.file = Some(segment::create(dir, number)?);
        self.segments.push(Segment { number, begins: self.mark.seq });
        self.size = 0;
        let mut first = Vec::new();
        encode_mark(&self.mark, &mut first);
        self.flush(&mut first)?;
        while self.segments.len() > bounds.segments {
            fs::remove_file(self.segments.remove(0).path(dir))?;
        }
        Ok(())
    }
}

/// Pieces of at most 16 KiB, not within a character where there are any.
fn cut(raw: RawLine) -> Vec<Piece> {
    let RawLine { time, stream, line: mut rest } = raw;
    // So the engine cuts too, and says no more about it.
    let goes_on = rest.len() == LONGEST_LINE;
    while matches!(rest.last(), Some(b'\n' | b'\r')) {
        rest.pop();
    }
    let mut pieces = Vec::with_capacity(1);
    while rest.len() > LONGEST_LINE {
        let inside = |at: &usize| rest[*at] & 0b1100_0000 == 0b1000_0000;
        let at = (LONGEST_LINE - 3..=LONGEST_LINE).rev().find(|at| !inside(at)).unwrap_or(LONGEST_LINE);
        let after = rest.split_off(at);
        let text = std::mem::replace(&mut rest, after);
        pieces.push(Piece { time, line: Line { stream, text, partial: true } });
    }
    pieces.push(Piece { time, line: Line { stream, text: rest, partial: goes_on } });
    pieces
}
