//! The files of one log: numbered, each begun with a mark, appended to, the oldest removed when there are too many.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::entry::{Entry, Seq};
use super::record::{Record, decode_all};
use super::sieve::Mark;

/// One file, and the place that its first entry comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub number: u64,
    pub begins: Seq,
}

impl Segment {
    pub fn path(&self, dir: &Path) -> PathBuf {
        path(dir, self.number)
    }

    /// Its entries, none where it was removed in the meantime, and the place that it ends at.
    pub fn read(&self, dir: &Path) -> io::Result<(Vec<Entry>, Seq)> {
        let records = decode_all(&read(&self.path(dir))?).0;
        let ends = records.last().map_or(Seq::default(), |record| match record {
            Record::Mark(mark) => mark.seq,
            Record::Entry(entry) => entry.seq,
        });
        Ok((records.into_iter().filter_map(entry).collect(), ends))
    }
}

/// What a directory holds: its files, and of the last one how far it is sound.
pub struct Found {
    pub segments: Vec<Segment>,
    pub mark: Mark,
    /// The bytes of the last file up to its end or its first damage.
    pub sound: u64,
}

/// Looks at a log's directory, which need not be there. Files without so much as a mark are removed.
pub fn look(dir: &Path) -> io::Result<Found> {
    let mut found = Found { segments: Vec::new(), mark: Mark::default(), sound: 0 };
    for number in numbers(dir)? {
        let path = path(dir, number);
        let bytes = read(&path)?;
        let (records, sound) = decode_all(&bytes);
        let Some(Record::Mark(first)) = records.first() else {
            fs::remove_file(&path)?;
            continue;
        };
        found.segments.push(Segment { number, begins: first.seq });
        found.mark = mark_after(records);
        found.sound = sound as u64;
    }
    Ok(found)
}

/// Opens the last file for appending and cuts what a crash left torn.
pub fn reopen(path: &Path, sound: u64) -> io::Result<File> {
    let file = OpenOptions::new().append(true).open(path)?;
    if file.metadata()?.len() > sound {
        tracing::warn!(path = %path.display(), sound, "cut the torn tail of a log");
        file.set_len(sound)?;
    }
    Ok(file)
}

/// Makes a file that is not there yet, and its directory.
pub fn create(dir: &Path, number: u64) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    OpenOptions::new().append(true).create_new(true).open(path(dir, number))
}

fn mark_after(records: Vec<Record>) -> Mark {
    records.into_iter().fold(Mark::default(), |mut mark, record| match record {
        Record::Mark(mark) => mark,
        Record::Entry(entry) => {
            mark.pass(&entry);
            mark
        }
    })
}

fn entry(record: Record) -> Option<Entry> {
    match record {
        Record::Entry(entry) => Some(entry),
        Record::Mark(_) => None,
    }
}

fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.log"))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    absent_is_empty(fs::read(path))
}

fn numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let names = absent_is_empty(fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>))?;
    let number = |name: &str| name.strip_suffix(".log")?.parse::<u64>().ok();
    let mut numbers: Vec<u64> = names.iter().filter_map(|found| number(found.file_name().to_str()?)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn absent_is_empty<T: Default>(result: io::Result<T>) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        result => result,
    }
}
