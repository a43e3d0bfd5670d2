//! What readers get: what is stored, then what comes, and a word on what is missing.

use std::time::Duration;

use futures::StreamExt as _;
use kit::ErrorCode;
use proto::v1::log_frame::Frame;
use proto::v1::{LogFrame, LogsRequest};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{NOW, World, append_by, numbered};
use crate::logs::feed::Feed;
use crate::logs::{Bounds, Phase, stream};

const SOON: Duration = Duration::from_millis(30);
const NEVER: Duration = Duration::from_secs(3600);

type Frames = ReceiverStream<Result<LogFrame, Status>>;

impl World {
    fn request(&self) -> LogsRequest {
        LogsRequest { allocation_id: self.allocation.to_string(), follow: true, ..Default::default() }
    }

    fn follow(&self, request: &LogsRequest, linger: Duration) -> Frames {
        Feed::new(&self.store, request, linger).unwrap().start()
    }

    fn write(&self, range: std::ops::RangeInclusive<i64>) {
        self.log().append(numbered(range), NOW).unwrap();
    }

    fn begun(bounds: Bounds) -> Self {
        let world = Self::bounded(bounds);
        world.log().begin("c1", NOW).unwrap();
        world.log().set_phase(Phase::Running);
        world
    }
}

async fn next(frames: &mut Frames) -> Frame {
    let frame = tokio::time::timeout(Duration::from_secs(20), frames.next()).await.expect("a frame in time");
    frame.expect("a frame before the end").unwrap().frame.unwrap()
}

fn said(frame: &Frame) -> String {
    match frame {
        Frame::Line(line) => line.line.clone(),
        Frame::Gap(gap) => format!("gap {:?}", gap.dropped),
        Frame::End(end) => end.reason.clone(),
        Frame::Ready(_) => "ready".to_owned(),
    }
}

async fn take(frames: &mut Frames, count: usize) -> Vec<String> {
    let mut got = Vec::new();
    while got.len() < count {
        got.push(said(&next(frames).await));
    }
    got
}

#[tokio::test]
async fn a_thousand_readers_get_the_same() {
    let world = World::begun(Bounds::default());
    world.write(1..=2);
    let mut readers: Vec<_> = (0..1000).map(|_| world.follow(&world.request(), NEVER)).collect();
    for reader in &mut readers {
        assert_eq!(take(reader, 3).await, ["1", "2", "ready"]);
    }
    world.write(3..=4);
    for reader in &mut readers {
        assert_eq!(take(reader, 2).await, ["3", "4"]);
    }
}

#[tokio::test]
async fn a_download_ends_when_all_is_given() {
    let world = World::begun(Bounds::default());
    world.write(1..=2);
    let request = LogsRequest { follow: false, ..world.request() };
    let frames: Vec<_> = stream(&world.store, &request).unwrap().collect().await;
    let texts: Vec<_> = frames.into_iter().map(|frame| said(&frame.unwrap().frame.unwrap())).collect();
    assert_eq!(texts, ["1", "2", "complete"]);
}

#[tokio::test]
async fn who_comes_back_with_a_seq_misses_nothing_and_gets_nothing_twice() {
    let world = World::begun(Bounds::default());
    let (mut after, mut got) = (None, Vec::new());
    for round in 0..10 {
        world.write(round * 10 + 1..=round * 10 + 4);
        let mut frames = world.follow(&LogsRequest { after, ..world.request() }, NEVER);
        let mut more = 3;
        while more > 0 {
            match next(&mut frames).await {
                Frame::Line(line) => {
                    after = line.seq;
                    got.push(line.line);
                }
                Frame::Ready(_) => world.write(round * 10 + 5..=round * 10 + 9),
                other => panic!("{other:?}"),
            }
            more = if got.len() as i64 >= round * 9 + 6 { more - 1 } else { more };
        }
    }
    let written: Vec<String> = (0..100).filter(|number| number % 10 != 0).map(|number| number.to_string()).collect();
    assert_eq!(got, written[..got.len()]);
    assert!(got.len() > 80);
}

#[tokio::test]
async fn who_falls_behind_reads_on_from_the_files() {
    let world = World::begun(Bounds::default());
    let mut frames = world.follow(&world.request(), NEVER);
    assert_eq!(take(&mut frames, 1).await, ["ready"]);
    world.write(1..=5000);
    let expected: Vec<String> = (1..=5000).map(|number| number.to_string()).collect();
    assert_eq!(take(&mut frames, 5000).await, expected);
}

#[tokio::test]
async fn who_falls_behind_the_files_is_told_how_much_is_missing() {
    let world = World::begun(Bounds { segment_bytes: 20_000, segments: 2 });
    let mut frames = world.follow(&world.request(), NEVER);
    assert_eq!(take(&mut frames, 1).await, ["ready"]);
    world.write(1..=1);
    assert_eq!(take(&mut frames, 1).await, ["1"]);
    world.write(2..=5000);
    let (mut lines, mut missing, mut last) = (1, 0, String::new());
    while last != "5000" {
        match next(&mut frames).await {
            Frame::Line(line) => (lines, last) = (lines + 1, line.line),
            Frame::Gap(gap) => missing += gap.dropped.expect("a number"),
            other => panic!("{other:?}"),
        }
    }
    assert!(missing > 0);
    assert_eq!(lines + missing, 5000);
}

#[tokio::test]
async fn options_choose_lines() {
    let world = World::begun(Bounds::default());
    world.write(1..=20);
    let mut frames = world.follow(&LogsRequest { tail: Some(2), ..world.request() }, NEVER);
    assert_eq!(take(&mut frames, 3).await, ["19", "20", "ready"]);
    let mut frames = world.follow(&LogsRequest { since: Some(19_000_000), ..world.request() }, NEVER);
    assert_eq!(take(&mut frames, 3).await, ["19", "20", "ready"]);
    let mut frames = world.follow(&LogsRequest { grep: Some("7".into()), ..world.request() }, NEVER);
    assert_eq!(take(&mut frames, 3).await, ["7", "17", "ready"]);
    world.write(21..=27);
    assert_eq!(take(&mut frames, 1).await, ["27"]);
    let mut frames = world.follow(&LogsRequest { stderr: true, ..world.request() }, NEVER);
    assert_eq!(take(&mut frames, 1).await, ["ready"]);
    let wrong = LogsRequest { allocation_id: "x".into(), ..world.request() };
    assert_eq!(stream(&world.store, &wrong).err().unwrap().code, ErrorCode::InvalidInput);
}

#[tokio::test]
async fn who_follows_is_told_of_the_end_but_not_of_a_restart() {
    let world = World::begun(Bounds::default());
    let mut patient = world.follow(&world.request(), NEVER);
    assert_eq!(take(&mut patient, 1).await, ["ready"]);
    world.log().set_phase(Phase::Ended);
    world.log().set_phase(Phase::Running);
    world.write(1..=1);
    assert_eq!(take(&mut patient, 1).await, ["1"]);
    let mut frames = world.follow(&world.request(), SOON);
    assert_eq!(take(&mut frames, 2).await, ["1", "ready"]);
    world.write(2..=3);
    world.log().set_phase(Phase::Ended);
    assert_eq!(take(&mut frames, 3).await, ["2", "3", "stopped"]);
    assert!(frames.next().await.is_none());
}

#[tokio::test]
async fn who_comes_before_the_container_waits_for_it() {
    let world = World::new();
    let mut frames = world.follow(&world.request(), SOON);
    assert_eq!(take(&mut frames, 1).await, ["ready"]);
    world.log().begin("c1", NOW).unwrap();
    world.write(1..=1);
    assert_eq!(take(&mut frames, 1).await, ["1"]);
}

#[tokio::test]
async fn a_forgotten_log_ends_as_removed() {
    let world = World::begun(Bounds::default());
    let mut frames = world.follow(&world.request(), NEVER);
    assert_eq!(take(&mut frames, 1).await, ["ready"]);
    world.store.forget(world.allocation).await.unwrap();
    assert_eq!(take(&mut frames, 1).await, ["removed"]);
    let mut late = world.follow(&world.request(), NEVER);
    assert_eq!(take(&mut late, 2).await, ["ready", "removed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_and_reading_at_once_keeps_the_order() {
    let world = World::begun(Bounds { segment_bytes: 4000, segments: 10_000 });
    let readers: Vec<_> = (0..8).map(|_| world.follow(&world.request(), NEVER)).collect();
    let log = world.log();
    let writer = tokio::task::spawn_blocking(move || append_by(&log, 7, &numbered(1..=5000)));
    let expected: Vec<String> = (1..=5000).map(|number| number.to_string()).collect();
    for mut reader in readers {
        let got = take(&mut reader, 5001).await;
        assert_eq!(got.into_iter().filter(|text| text != "ready").collect::<Vec<_>>(), expected);
    }
    writer.await.unwrap();
}
