//! Frames on their way to one client: a bounded queue between a stream that must be read at once and a socket that
//! may be slow. When it is full, the oldest lines make place, and are counted in a gap where they stood.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kit::Failure;
use tokio::sync::Notify;

use crate::domain::LogFrame;

#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub frames: usize,
    /// Of text.
    pub bytes: usize,
}

pub struct Backlog {
    bounds: Bounds,
    queue: Mutex<Queue>,
    filled: Notify,
    emptied: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<LogFrame>,
    bytes: usize,
    over: Option<Result<String, Failure>>,
}

/// What a client gets next.
#[derive(Debug)]
pub enum Item {
    Frame(LogFrame),
    /// Nothing follows: the reason, or what went wrong.
    Over(Result<String, Failure>),
}

impl Backlog {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, queue: Mutex::default(), filled: Notify::new(), emptied: Notify::new() }
    }

    /// Takes the frame in, whatever must go for it.
    pub fn push(&self, frame: LogFrame) {
        let mut queue = self.lock();
        queue.add(frame);
        while queue.exceeds(self.bounds) && queue.drop_oldest() {}
        self.filled.notify_one();
    }

    /// Takes the frame in if there is place.
    pub fn offer(&self, frame: LogFrame) -> bool {
        let mut queue = self.lock();
        let place = queue.frames.len() < self.bounds.frames && queue.bytes < self.bounds.bytes;
        if place {
            queue.add(frame);
            self.filled.notify_one();
        }
        place
    }

    pub fn finish(&self, how: Result<String, Failure>) {
        self.lock().over = Some(how);
        self.filled.notify_one();
    }

    /// Waits until half of the place is free.
    pub async fn room(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().is_below_half(self.bounds) {
                return;
            }
            emptied.await;
        }
    }

    /// The next frame, for the one client. Nothing is lost when the wait is given up.
    pub async fn next(&self) -> Item {
        loop {
            let filled = self.filled.notified();
            if let Some(item) = self.take() {
                return item;
            }
            filled.await;
        }
    }

    fn take(&self) -> Option<Item> {
        let mut queue = self.lock();
        if let Some(frame) = queue.frames.pop_front() {
            queue.bytes -= frame.weight();
            if queue.is_below_half(self.bounds) {
                self.emptied.notify_one();
            }
            return Some(Item::Frame(frame));
        }
        queue.over.take().map(Item::Over)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn add(&mut self, frame: LogFrame) {
        self.bytes += frame.weight();
        self.frames.push_back(frame);
    }

    fn exceeds(&self, bounds: Bounds) -> bool {
        self.frames.len() > bounds.frames || self.bytes > bounds.bytes
    }

    fn is_below_half(&self, bounds: Bounds) -> bool {
        self.frames.len() <= bounds.frames / 2 && self.bytes <= bounds.bytes / 2
    }

    /// Turns the oldest line into a gap, or adds it to the gap that stands before it; false where there is none.
    fn drop_oldest(&mut self) -> bool {
        let lossy = |frame: &LogFrame| matches!(frame, LogFrame::Line { .. } | LogFrame::Gap { .. });
        let Some(at) = self.frames.iter().position(lossy) else { return false };
        let LogFrame::Gap { dropped: before } = self.frames[at] else {
            self.bytes -= self.frames[at].weight();
            self.frames[at] = LogFrame::Gap { dropped: Some(1) };
            return true;
        };
        let next = match self.frames.get(at + 1) {
            Some(LogFrame::Line { .. }) => Some(1),
            Some(LogFrame::Gap { dropped }) => *dropped,
            _ => return false,
        };
        let gone = self.frames.remove(at + 1).map_or(0, |frame| frame.weight());
        self.bytes -= gone;
        self.frames[at] = LogFrame::Gap { dropped: before.zip(next).map(|(before, next)| before + next) };
        true
    }
}

#[cfg(test)]
mod tests {
    use kit::Timestamp;

    use super::*;
    use crate::domain::{Cursor, Output};

    fn line(ordinal: u64) -> LogFrame {
        let cursor = Cursor { epoch: 1, ordinal };
        LogFrame::Line { cursor, time: Timestamp::EPOCH, output: Output::Stdout, text: "0123456789".into() }
    }

    fn gap(dropped: u64) -> LogFrame {
        LogFrame::Gap { dropped: Some(dropped) }
    }

    fn all(backlog: &Backlog) -> Vec<LogFrame> {
        std::iter::from_fn(|| backlog.take())
            .map(|item| match item {
                Item::Frame(frame) => frame,
                Item::Over(how) => panic!("over: {how:?}"),
            })
            .collect()
    }

    #[test]
    fn what_fits_comes_out_as_it_went_in() {
        let backlog = Backlog::new(Bounds { frames: 3, bytes: 1000 });
        (1..=3).for_each(|ordinal| backlog.push(line(ordinal)));
        assert_eq!(all(&backlog), [line(1), line(2), line(3)]);
    }

    #[test]
    fn the_oldest_lines_make_place_and_are_counted_exactly() {
        let backlog = Backlog::new(Bounds { frames: 3, bytes: 1000 });
        backlog.push(LogFrame::Ready);
        (1..=100).for_each(|ordinal| backlog.push(line(ordinal)));
        assert_eq!(all(&backlog), [LogFrame::Ready, gap(99), line(100)]);
    }

    #[test]
    fn bytes_are_bounded_as_frames_are() {
        let backlog = Backlog::new(Bounds { frames: 1000, bytes: 35 });
        (1..=10).for_each(|ordinal| backlog.push(line(ordinal)));
        assert_eq!(all(&backlog), [gap(7), line(8), line(9), line(10)]);
        assert_eq!(backlog.lock().bytes, 0);
    }

    #[test]
    fn a_gap_of_unknown_size_stays_unknown() {
        let backlog = Backlog::new(Bounds { frames: 2, bytes: 1000 });
        backlog.push(line(1));
        backlog.push(LogFrame::Gap { dropped: None });
        (2..=3).for_each(|ordinal| backlog.push(line(ordinal)));
        assert_eq!(all(&backlog), [LogFrame::Gap { dropped: None }, line(3)]);
    }

    #[test]
    fn an_offer_is_refused_where_there_is_no_place() {
        let backlog = Backlog::new(Bounds { frames: 2, bytes: 1000 });
        assert!(backlog.offer(line(1)) && backlog.offer(line(2)) && !backlog.offer(line(3)));
        assert_eq!(all(&backlog), [line(1), line(2)]);
        assert!(backlog.offer(line(3)));
    }

    #[tokio::test]
    async fn the_end_comes_after_the_last_frame() {
        let backlog = Backlog::new(Bounds { frames: 2, bytes: 1000 });
        backlog.push(line(1));
        backlog.finish(Ok("stopped".into()));
        assert!(matches!(backlog.next().await, Item::Frame(_)));
        assert!(matches!(backlog.next().await, Item::Over(Ok(reason)) if reason == "stopped"));
    }
}
