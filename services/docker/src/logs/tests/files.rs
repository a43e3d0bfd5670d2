//! What is on the files: all of it, once, numbered, after any crash.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::{NOW, World, append_by, line, numbered, texts};
use crate::logs::entry::Filter;
use crate::logs::{Bounds, Log, Seq};
use crate::ports::log_source::RawLine;
use kit::Timestamp;

const SMALL: Bounds = Bounds { segment_bytes: 400, segments: 4 };

fn write(log: &Log, container: &str, lines: Vec<RawLine>) -> usize {
    let since = log.begin(container, NOW).unwrap();
    log.append(lines.into_iter().filter(|line| line.time.time() >= since).collect(), NOW).unwrap()
}

fn files(world: &World) -> Vec<PathBuf> {
    let dir = world.dir.path().join("logs").join(world.allocation.to_string());
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn last_seq(log: &Log) -> Seq {
    let none = Filter::of(&proto::v1::LogsRequest::default()).unwrap();
    log.tail(None, &none, 0).unwrap().unwrap()
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let world = World::new();
    assert_eq!(write(&world.log(), "c1", numbered(10..=12)), 3);
    let before = last_seq(&world.log());
    let log = world.reopened(Bounds::default()).log(world.allocation);
    assert_eq!(write(&log, "c1", numbered(10..=14)), 2);
    assert_eq!(texts(&log), ["10", "11", "12", "13", "14"]);
    assert_eq!(last_seq(&log), before.next().next());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_a_cut_at_any_byte_nothing_is_lost_or_repeated(lines in 1_i64..14, batch in 1_usize..5, cut in any::<prop::sample::Index>()) {
        let bounds = Bounds { segments: 100, ..SMALL };
        let world = World::bounded(bounds);
        let all = numbered(1..=lines);
        world.log().begin("c1", NOW).unwrap();
        append_by(&world.log(), batch, &all);
        let (whole, end) = (texts(&world.log()), last_seq(&world.log()));

        let last = files(&world).pop().unwrap();
        let length = fs::metadata(&last).unwrap().len();
        let file = fs::OpenOptions::new().write(true).open(&last).unwrap();
        file.set_len(cut.index(length as usize + 1) as u64).unwrap();

        let log = world.reopened(bounds).log(world.allocation);
        let left = texts(&log);
        prop_assert_eq!(&left[..], &whole[..left.len()]);
        write(&log, "c1", all);
        prop_assert_eq!(texts(&log), whole);
        // Even the places are the same, unless not even the name of the container was left.
        if !left.is_empty() {
            prop_assert_eq!(last_seq(&log), end);
        }
    }

    #[test]
    fn from_every_place_all_that_is_behind_it_is_read(lines in 1_i64..60, batch in 1_usize..20) {
        let world = World::bounded(SMALL);
        let log = world.log();
        log.begin("c1", NOW).unwrap();
        append_by(&log, batch, &numbered(1..=lines));
        let end = last_seq(&log);
        for back in 0..lines as u64 {
            let cursor = Seq { ordinal: end.ordinal - back, ..end };
            let (mut at, mut got, mut missed) = (cursor, 0, 0);
            loop {
                let page = log.page(Some(at)).unwrap();
                missed += page.missed.map_or(0, |missed| missed.expect("a number"));
                got += page.entries.len() as u64;
                at = page.entries.last().map_or(at, |entry| entry.seq);
                if page.head { break; }
            }
            prop_assert_eq!(got + missed, back);
            prop_assert_eq!(at, end);
        }
    }
}

#[test]
fn the_files_stay_within_their_bound_and_the_newest_stay() {
    let world = World::bounded(SMALL);
    write(&world.log(), "c1", numbered(1..=500));
    let files = files(&world);
    assert_eq!(files.len(), SMALL.segments);
    let size: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(size <= (SMALL.segment_bytes + 100) * SMALL.segments as u64, "{size}");
    let texts = texts(&world.log());
    assert!(texts.len() < 100 && texts.last().map(String::as_str) == Some("500"), "{texts:?}");
}

#[test]
fn another_container_begins_another_epoch_and_keeps_what_the_first_said() {
    let world = World::new();
    write(&world.log(), "c1", numbered(1..=2));
    let first = last_seq(&world.log());
    write(&world.log(), "c2", numbered(1..=2));
    let second = last_seq(&world.log());
    assert!(second > first && second.epoch > first.epoch && second.ordinal == 2);
    assert_eq!(texts(&world.log()), ["1", "2", "1", "2"]);
    // Coming back to the first is a new epoch too: its earlier lines are told from none of the second's.
    assert_eq!(world.log().page(Some(first)).unwrap().missed, None);
}

#[test]
fn a_clock_that_steps_back_begins_another_epoch() {
    let world = World::new();
    let log = world.log();
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
    log.begin("c1", at(1001)).unwrap();
    log.append(vec![line(1000, "before")], at(1001)).unwrap();
    let before = last_seq(&log);
    log.append(vec![line(500, "after"), line(501, "later")], at(501)).unwrap();
    assert!(last_seq(&log).epoch > before.epoch);
    assert_eq!(texts(&log), ["before", "after", "later"]);
    // The rotation of the engine's file gives those of the new epoch again.
    assert_eq!(log.append(vec![line(500, "after"), line(501, "later"), line(502, "last")], at(502)).unwrap(), 1);
}

#[test]
fn what_the_engine_rotated_away_meanwhile_is_one_gap() {
    let world = World::new();
    write(&world.log(), "c1", numbered(1..=3));
    let log = world.reopened(Bounds::default()).log(world.allocation);
    write(&log, "c1", numbered(50..=51));
    assert_eq!(texts(&log), ["1", "2", "3", "…", "50", "51"]);
}

#[test]
fn a_rotation_of_the_engines_file_repeats_nothing() {
    let world = World::new();
    let log = world.log();
    write(&log, "c1", numbered(1..=60));
    log.append(numbered(20..=63), NOW).unwrap();
    assert_eq!(texts(&log), (1..=63).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_long_line_becomes_several_and_no_character_is_broken() {
    let world = World::new();
    let long = format!("a{}", "ä".repeat(20_000));
    write(&world.log(), "c1", vec![line(1, &long), line(2, "short\r\n")]);
    let texts = texts(&world.log());
    assert_eq!(texts.len(), 4);
    assert!(texts.iter().all(|text| text.len() <= 16 << 10 && !text.contains('\u{fffd}')));
    assert_eq!(texts.concat(), format!("{long}short"));
}

#[test]
fn a_damaged_file_in_the_middle_is_a_gap_of_known_size() {
    let world = World::bounded(SMALL);
    write(&world.log(), "c1", numbered(1..=30));
    let files = files(&world);
    let mut bytes = fs::read(&files[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&files[1], bytes).unwrap();
    let log = world.reopened(SMALL).log(world.allocation);
    let (mut cursor, mut ordinals, mut missed) = (None, Vec::new(), 0);
    loop {
        let page = log.page(cursor).unwrap();
        missed += page.missed.flatten().unwrap_or(0);
        ordinals.extend(page.entries.iter().map(|entry| entry.seq.ordinal));
        cursor = page.entries.last().map(|entry| entry.seq).or(cursor);
        if page.head {
            break;
        }
    }
    let span = ordinals.last().unwrap() - ordinals[0] + 1;
    assert!(missed > 0 && ordinals.len() as u64 + missed == span, "{missed} of {span}");
}

#[test]
fn files_that_were_lost_do_not_make_places_go_back() {
    let world = World::new();
    write(&world.log(), "c1", numbered(1..=3));
    let before = last_seq(&world.log());
    fs::remove_dir_all(world.dir.path().join("logs")).unwrap();
    let log = world.reopened(Bounds::default()).log(world.allocation);
    let later = Timestamp::from_micros(NOW.as_micros() + 1_000_000);
    log.begin("c1", later).unwrap();
    log.append(numbered(4..=4), later).unwrap();
    assert!(last_seq(&log) > before);
}

#[tokio::test]
async fn a_forgotten_log_is_gone_and_is_not_written_any_more() {
    let world = World::new();
    let log = world.log();
    write(&log, "c1", numbered(1..=3));
    world.store.forget(world.allocation).await.unwrap();
    assert_eq!(log.append(numbered(4..=5), NOW).unwrap(), 0);
    assert!(texts(&log).is_empty() && texts(&world.log()).is_empty());
    assert!(!world.dir.path().join("logs").join(world.allocation.to_string()).exists());
    world.store.forget(world.allocation).await.unwrap();
}

#[test]
fn a_tail_counts_what_is_wanted() {
    let world = World::bounded(Bounds { segments: 50, ..SMALL });
    let log = world.log();
    write(&log, "c1", numbered(1..=100));
    let tail = |count, grep: &str| {
        let request = proto::v1::LogsRequest { grep: Some(grep.into()), ..Default::default() };
        let filter = Filter::of(&request).unwrap();
        let cursor = log.tail(None, &filter, count).unwrap();
        let (mut at, mut got) = (cursor, Vec::new());
        loop {
            let page = log.page(at).unwrap();
            got.extend(page.entries.iter().filter(|entry| filter.wants(entry)).map(|entry| entry.seq.ordinal));
            at = page.entries.last().map(|entry| entry.seq).or(at);
            if page.head {
                return got;
            }
        }
    };
    assert_eq!(tail(3, ""), [98, 99, 100]);
    assert_eq!(tail(3, "5"), [75, 85, 95]);
    assert_eq!(tail(0, ""), [0; 0]);
    assert_eq!(tail(1000, "").len(), 100);
}
