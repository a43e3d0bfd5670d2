//! Events as Kafka records, in the binary binding of CloudEvents, and back.

use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};

use super::Names;
use crate::event::{Event, Topic};

/// One record of a topic of ours.
pub struct Received {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
    /// The key; of an event, what it is about.
    pub subject: String,
    pub content: Content,
}

pub enum Content {
    Event(Event),
    /// A record without a value: what was deleted is to be forgotten by the topic.
    Tombstone,
    /// What was sent is no event of ours.
    Unreadable(Foreign),
}

/// A record that is none of ours, as it came.
pub struct Foreign {
    pub key: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub data: Vec<u8>,
}

impl Received {
    /// `None` for a topic that is not ours.
    pub fn from(names: &Names, message: &BorrowedMessage<'_>) -> Option<Self> {
        let topic = names.parse(message.topic())?;
        let data = message.payload().map(<[u8]>::to_vec);
        let content = match data {
            None => Content::Tombstone,
            Some(data) => match Event::from_headers(topic, |name| header(message, name), data) {
                Some(event) => Content::Event(event),
                None => Content::Unreadable(Foreign::from(message)),
            },
        };
        let subject = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
        Some(Self { topic, partition: message.partition(), offset: message.offset(), subject, content })
    }

    /// Only unique: numbers of different partitions say nothing about the order.
    pub fn position(&self) -> u64 {
        ((self.partition as u64) << 48) | self.offset as u64
    }

    /// Partition and offset of a position.
    pub const fn place(position: u64) -> (i32, i64) {
        ((position >> 48) as i32, (position & ((1 << 48) - 1)) as i64)
    }
}

impl Foreign {
    fn from(message: &BorrowedMessage<'_>) -> Self {
        let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
        Self {
            key: message.key().unwrap_or_default().to_vec(),
            headers: headers.map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec())).collect(),
            data: message.payload().unwrap_or_default().to_vec(),
        }
    }
}

fn header(message: &BorrowedMessage<'_>, name: &str) -> Option<String> {
    let header = message.headers()?.iter().find(|header| header.key == name)?;
    String::from_utf8(header.value?.to_vec()).ok()
}

/// An event's headers.
pub fn headers(event: &Event) -> OwnedHeaders {
    let headers = event.headers();
    headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), |all, (key, value)| {
        all.insert(Header { key, value: Some(value) })
    })
}
