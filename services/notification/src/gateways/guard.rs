//! Which addresses may be connected to. The check sits where a connection gets its addresses from: what was looked at is
//! what is connected to, and a name that answers differently a moment later gains nothing (DNS rebinding).

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kit::{ErrorCode, Failure};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::resolver::unanswered;
use crate::domain::address::is_public;
use crate::ports::Resolver;

/// How far webhooks reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses, over TLS.
    #[default]
    Public,
    /// The same, and to these, also in clear text: for a receiver that stands beside the platform.
    PublicAnd(Vec<IpAddr>),
    /// Anywhere, also in clear text: where whoever has an account may reach everything here anyway.
    Anywhere,
}

impl Reach {
    pub fn includes(&self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::PublicAnd(named) => is_public(address) || named.contains(&address),
            Self::Anywhere => true,
        }
    }

    /// Whether a receiver may be spoken to without TLS.
    pub fn in_clear_text(&self) -> bool {
        *self != Self::Public
    }
}

/// How many names are looked up at the same time: each takes a thread, for as long as its name server likes.
const LOOK_UPS: usize = 8;
/// How long a look-up waits for its turn.
const TURN: Duration = Duration::from_secs(2);
/// How long a name may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// A resolver that gives all addresses of a host, or none where one of them is out of reach.
#[derive(Clone)]
pub struct Guard {
    resolver: Arc<dyn Resolver>,
    pub reach: Reach,
    places: Arc<Semaphore>,
}

impl Guard {
    pub fn new(resolver: Arc<dyn Resolver>, reach: Reach) -> Self {
        Self { resolver, reach, places: Arc::new(Semaphore::new(LOOK_UPS)) }
    }

    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let found = self.look_up(host).await?;
        for address in &found {
            self.admit(*address)?;
        }
        Ok(found)
    }

    /// `Busy` where too many are under way. One that is given up keeps its place until it ends.
    async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let busy = |_| Failure::of(ErrorCode::Busy).operator("as many names are looked up as may be");
        let place = timeout(TURN, self.places.clone().acquire_owned()).await.map_err(busy)?;
        let (resolver, name) = (self.resolver.clone(), host.to_owned());
        let asked = tokio::spawn(async move {
            let _place = place;
            resolver.resolve(&name).await
        });
        match timeout(DEADLINE, asked).await {
            Ok(found) => found.map_err(Failure::internal)?,
            Err(late) => Err(unanswered(host).operator(late)),
        }
    }

    /// Refuses an address that is out of reach. The sentence does not tell it: what our name servers know is ours.
    pub fn admit(&self, address: IpAddr) -> Result<(), Failure> {
        if self.reach.includes(address) {
            return Ok(());
        }
        let told = "A webhook goes to an address that is public on the Internet.";
        Err(Failure::new(ErrorCode::WebhookUrlForbidden, told).field("url").operator(address))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await.map_err(Turned)?;
            let found: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(found)
        })
    }
}

/// A failure on its way through the HTTP client's errors.
#[derive(Debug)]
struct Turned(Failure);

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Turned {}

/// The failure that the guard put into an error of the client's; `None` where it was something else.
pub fn turned_by(error: &(dyn Error + 'static)) -> Option<Failure> {
    let turned = error.downcast_ref::<Turned>().map(|turned| turned.0.clone());
    turned.or_else(|| turned_by(error.source()?))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use futures::future::join_all;
    use testkit::until;

    use super::*;

    /// Answers when the test lets it, and counts how many wait.
    struct Slow {
        waiting: AtomicUsize,
        answers: Semaphore,
    }

    #[async_trait]
    impl Resolver for Slow {
        async fn resolve(&self, _: &str) -> Result<Vec<IpAddr>, Failure> {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            self.answers.acquire().await.unwrap().forget();
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            Ok(vec!["93.184.216.34".parse().unwrap()])
        }
    }

    #[tokio::test]
    async fn eight_names_are_looked_up_at_once_and_the_others_wait_or_are_sent_away() {
        let slow = Arc::new(Slow { waiting: AtomicUsize::new(0), answers: Semaphore::new(0) });
        let guard = Guard::new(slow.clone(), Reach::Public);
        let first = join_all((0..LOOK_UPS).map(|_| guard.addresses("a.example.org")));
        let last = async {
            until(|| async { slow.waiting.load(Ordering::SeqCst) }, |waiting| *waiting == LOOK_UPS).await;
            let refused = guard.addresses("b.example.org").await;
            let waiting = slow.waiting.load(Ordering::SeqCst);
            slow.answers.add_permits(LOOK_UPS + 1);
            (refused.map_err(|failure| failure.code), waiting)
        };
        let (found, told) = tokio::join!(first, last);
        assert_eq!(told, (Err(ErrorCode::Busy), LOOK_UPS));
        assert!(found.iter().all(Result::is_ok));
        assert!(guard.addresses("c.example.org").await.is_ok());
    }
}
