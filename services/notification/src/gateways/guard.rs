//! Which addresses may be connected to. The check sits where a connection gets its addresses from: what was looked at is
//! what is connected to, and a name that answers differently a moment later gains nothing (DNS rebinding).

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use kit::{ErrorCode, Failure};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

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

/// A resolver that gives all addresses of a host, or none where one of them is out of reach.
#[derive(Clone)]
pub struct Guard {
    pub resolver: Arc<dyn Resolver>,
    pub reach: Reach,
}

impl Guard {
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let found = self.resolver.resolve(host).await?;
        for address in &found {
            self.admit(*address)?;
        }
        Ok(found)
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
