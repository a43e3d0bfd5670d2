//! One line on standard error that says what is waited for, while somebody watches.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Shown until it is dropped.
pub struct Progress {
    text: Arc<Mutex<String>>,
    ticker: Option<JoinHandle<()>>,
}

impl Progress {
    pub fn start(watched: bool, text: impl Into<String>) -> Self {
        let text = Arc::new(Mutex::new(text.into()));
        let ticker = watched.then(|| tokio::spawn(tick(text.clone())));
        Self { text, ticker }
    }

    pub fn say(&self, text: impl Into<String>) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(ticker) = self.ticker.take() {
            ticker.abort();
            // Back to the line's start, and nothing left on it.
            write("\r\x1b[K");
        }
    }
}

async fn tick(text: Arc<Mutex<String>>) {
    let began = Instant::now();
    for frame in FRAMES.iter().cycle() {
        let line = {
            let text = text.lock().unwrap_or_else(PoisonError::into_inner);
            format!("\r\x1b[K{frame} {text} ({} s)", began.elapsed().as_secs())
        };
        write(&line);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn write(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
