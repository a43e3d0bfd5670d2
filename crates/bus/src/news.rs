//! Wakes those who wait for an event, when a consumer took events in. Says only "look again", never what is new.

use tokio::sync::watch;

/// Its clones are one: what is told to any is heard by all who listen.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_listens_hears_of_what_came_since() {
        let news = News::default();
        let mut listener = news.listen();
        assert!(!listener.has_changed().unwrap());
        news.clone().tell();
        listener.changed().await.unwrap();
        assert!(!listener.has_changed().unwrap());
    }
}
