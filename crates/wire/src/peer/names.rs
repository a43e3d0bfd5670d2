//! The addresses behind a peer's names, looked up again and again: replicas come and go without a restart here.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Between two looks.
pub const EVERY: Duration = Duration::from_secs(5);
/// While nothing is known.
const AT_FIRST: Duration = Duration::from_millis(500);

/// Turns a name into addresses.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of `host:port`.
    async fn resolve(&self, name: &str) -> io::Result<Vec<SocketAddr>>;
}

/// Asks the operating system, as every other program here does.
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        tokio::net::lookup_host(name).await.map(Iterator::collect)
    }
}

/// What is known of a peer's addresses.
#[derive(Clone, Debug)]
pub enum Addresses {
    /// The first answer is still to come.
    Asked,
    /// At least one, in order, each once.
    Known(Arc<[SocketAddr]>),
    /// None, and why.
    None(String),
}

/// Addresses that do not change.
pub fn fixed(addresses: &[SocketAddr]) -> watch::Receiver<Addresses> {
    watch::channel(Addresses::Known(addresses.into())).1
}

/// Addresses that follow their names until nobody watches.
pub fn follow(
    names: Vec<String>,
    resolver: Arc<dyn Resolver>,
    every: Duration,
    runtime: &Handle,
) -> watch::Receiver<Addresses> {
    if names.is_empty() {
        return watch::channel(Addresses::None("no address is configured".to_owned())).1;
    }
    let literal: Option<Vec<SocketAddr>> = names.iter().map(|name| name.parse().ok()).collect();
    if let Some(addresses) = literal {
        return fixed(&addresses);
    }
    let (sender, receiver) = watch::channel(Addresses::Asked);
    runtime.spawn(async move {
        let mut known = BTreeMap::new();
        loop {
            let trouble = look(&names, resolver.as_ref(), &mut known).await;
            tell(&sender, &known, trouble);
            let pause = if known.is_empty() { AT_FIRST.min(every) } else { every };
            tokio::select! {
                () = sender.closed() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    });
    receiver
}

/// Asks for each name. One that cannot be looked up now keeps the addresses that it had: whoever answers for names may
/// be away longer than the peers.
async fn look(
    names: &[String],
    resolver: &dyn Resolver,
    known: &mut BTreeMap<String, Vec<SocketAddr>>,
) -> Option<String> {
    let looks = names.iter().map(|name| async move { (name, resolver.resolve(name).await) });
    let mut trouble = None;
    for (name, answer) in futures::future::join_all(looks).await {
        match answer {
            Ok(addresses) if !addresses.is_empty() => drop(known.insert(name.clone(), addresses)),
            Ok(_) => trouble = Some(format!("{name} has no address")),
            Err(error) => trouble = Some(format!("{name} cannot be looked up: {error}")),
        }
    }
    trouble
}

fn tell(sender: &watch::Sender<Addresses>, known: &BTreeMap<String, Vec<SocketAddr>>, trouble: Option<String>) {
    let mut all: Vec<SocketAddr> = known.values().flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    sender.send_if_modified(|told| match (&*told, all.is_empty()) {
        (Addresses::Known(before), false) if before[..] == all[..] => false,
        (_, false) => {
            tracing::debug!(addresses = ?all, "a peer's addresses changed");
            *told = Addresses::Known(all.as_slice().into());
            true
        }
        (Addresses::None(before), true) if Some(before) == trouble.as_ref() => false,
        (_, true) => {
            *told = Addresses::None(trouble.unwrap_or_default());
            true
        }
    });
}
