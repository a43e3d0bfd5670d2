//! Before anything is copied, every consumer takes what its producers announced. Then nothing in an outbox is unread, and no
//! outbox has to move: a code that was asked for is a message, an act is in the audit list.

use bus::consume::DeadLetter;
use bus::{OutboxSource, Source as _, Topic};
use kit::{Ambient, Failure, ServiceName};
use wire::service::Subscription;

use crate::data_dir::DataDir;
use crate::place::Settled;
use crate::platform::Platform;
use crate::up;
use crate::wiring::{self, moving};

/// Events at a time.
const BATCH: u32 = 256;

/// Until a whole look at all topics finds nothing.
pub async fn drain(place: &Settled, ambient: &Ambient) -> anyhow::Result<()> {
    let (installation, master) = crate::data_dir::present(&place.installation, &place.master_key)?;
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let platform = up::platform(place.config.clone(), ambient.clone(), &DataDir::held(installation, master), nowhere)?;
    let mut subscriptions = Vec::new();
    for service in moving::SERVICES {
        subscriptions.extend(wiring::one(service, &platform).await?.service.consumers);
    }
    let mut arrived = Arrived::default();
    loop {
        let before = arrived.taken;
        once(&platform, &subscriptions, &mut arrived).await?;
        if arrived.taken == before {
            break;
        }
    }
    drop(subscriptions);
    let opened: Vec<_> = {
        let mut databases = platform.databases.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        databases.drain().map(|(_, database)| database).collect()
    };
    for database in opened {
        database.close().await;
    }
    arrived.tell();
    Ok(())
}

/// What consumers took, and what of it they could not read.
#[derive(Default)]
struct Arrived {
    taken: u64,
    letters: Vec<String>,
}

impl Arrived {
    fn tell(&self) {
        println!("{} announcements that were on their way have arrived", self.taken);
        if !self.letters.is_empty() {
            println!("warning: {} could not be read and were put aside as dead letters:", self.letters.len());
        }
        for letter in &self.letters {
            println!("  {letter}");
        }
    }
}

async fn once(platform: &Platform, subscriptions: &[Subscription], arrived: &mut Arrived) -> Result<(), Failure> {
    for Subscription { consumer, topics } in subscriptions {
        // Hints of the site's say "look again"; everybody will.
        for topic in
            topics.iter().copied().filter(|topic| *topic != Topic::Node && topic.producer() != ServiceName::Docker)
        {
            let source = OutboxSource::new(platform.opened(topic.producer())?, topic);
            loop {
                let records = source.after(consumer.position(topic).await?, BATCH).await?;
                if records.is_empty() {
                    break;
                }
                arrived.taken += records.len() as u64;
                for DeadLetter { record, reason } in bus::apply(consumer.as_ref(), topic, records).await? {
                    let (kind, subject) = (record.event.kind, record.event.subject);
                    arrived.letters.push(format!("{}: {kind} of {subject}: {reason}", consumer.name()));
                }
            }
        }
    }
    Ok(())
}
