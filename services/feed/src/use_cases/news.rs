//! Wakes those who wait for an event, when events were taken in. Says only "look again", never what is new.

use tokio::sync::watch;

#[derive(Clone)]
pub struct News(watch::Sender<u64>);

impl Default for News {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl News {
    pub fn tell(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
