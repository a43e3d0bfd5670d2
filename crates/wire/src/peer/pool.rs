//! All addresses of one peer: calls go to the connected one with the least to do. One that cannot be reached is left alone
//! for a while, longer each time, and holds up no call that another can take.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use kit::{Ambient, ErrorCode, Failure, ServiceName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tonic::body::Body;

use super::names::Addresses;

/// How long a connection may take to be made, TLS included.
const CONNECT: Duration = Duration::from_secs(2);
/// A peer that vanished without a word is noticed after both: a ping that often, its answer within that.
const PING: Duration = Duration::from_secs(5);
const PONG: Duration = Duration::from_secs(2);
/// How long an address is left alone after its first failure, and at most.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Both directions of a connection.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Makes connections to a peer.
#[async_trait]
pub trait Dial: Send + Sync {
    async fn dial(&self, address: SocketAddr) -> io::Result<Box<dyn Io>>;
    /// Whether the other end can go without a word, so that it must be pinged.
    fn can_vanish(&self) -> bool;
}

type Sender = http2::SendRequest<Body>;

/// The addresses of one peer. Its clones are one.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    callee: ServiceName,
    dial: Box<dyn Dial>,
    addresses: watch::Receiver<Addresses>,
    ambient: Ambient,
    /// Connections live here: a runtime that serves requests, such as an actix worker's, ends before them and stalls them.
    runtime: Handle,
    members: Mutex<Members>,
    changed: Notify,
}

#[derive(Default)]
struct Members {
    /// What `list` was made from.
    told: Option<Arc<[SocketAddr]>>,
    list: Vec<Member>,
    /// Numbers members and, among equals, says whose turn it is.
    count: usize,
}

struct Member {
    number: usize,
    address: SocketAddr,
    link: Link,
    failures: u32,
}

enum Link {
    Idle,
    Connecting,
    Open(Line),
    /// Not tried again before then.
    Away(Instant, String),
}

/// A connection that takes calls.
#[derive(Clone)]
pub struct Line {
    send: Sender,
    /// One for each call under way, and one for the pool.
    busy: Arc<()>,
    /// Whether the peer ever answered on it.
    proven: Arc<AtomicBool>,
}

enum Choice {
    Line(Line),
    /// Something is under way, or may be tried from then on.
    Wait(Option<Instant>),
    Nobody(String),
}

impl Pool {
    /// Connects to nobody yet.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn new(
        callee: ServiceName,
        dial: Box<dyn Dial>,
        addresses: watch::Receiver<Addresses>,
        ambient: Ambient,
    ) -> Self {
        let (members, changed, runtime) = (Mutex::default(), Notify::new(), Handle::current());
        Self(Arc::new(Inner { callee, dial, addresses, ambient, runtime, members, changed }))
    }

    /// A connection to send a call on; waits for one that is being made. `PeerUnavailable` where no address can be
    /// reached, and then nothing was sent.
    pub async fn line(&self) -> Result<Line, Failure> {
        let mut addresses = self.0.addresses.clone();
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            changed.as_mut().enable();
            let choice = self.0.choose(&addresses.borrow_and_update().clone());
            let until = match choice {
                Choice::Line(line) => return Ok(line),
                Choice::Nobody(why) => return Err(self.0.unreachable(&why)),
                Choice::Wait(until) => until,
            };
            tokio::select! {
                () = changed => {}
                () = told(&mut addresses) => {}
                () = tokio::time::sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {}
            }
        }
    }
}

impl Pool {
    /// `longest`, less up to half of it by chance.
    pub fn jittered(&self, longest: Duration) -> Duration {
        self.0.jittered(longest)
    }
}

/// Waits for news of addresses; for ever where there are none to come.
async fn told(addresses: &mut watch::Receiver<Addresses>) {
    if addresses.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Line {
    /// Sends a request. Where it could not even be begun it is given back.
    pub async fn send(
        &mut self,
        request: http::Request<Body>,
    ) -> Result<http::Response<hyper::body::Incoming>, (Option<http::Request<Body>>, hyper::Error)> {
        let sent = self.send.try_send_request(request).await;
        if sent.is_ok() {
            self.proven.store(true, Ordering::Relaxed);
        }
        sent.map_err(|mut error| (error.take_message(), error.into_error()))
    }
}

impl Inner {
    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jittered(&self, longest: Duration) -> Duration {
        let half = longest.as_millis() as u32 / 2;
        longest.saturating_sub(Duration::from_millis(u64::from(self.ambient.below(half.max(1)))))
    }

    fn unreachable(&self, why: &str) -> Failure {
        Failure::of(ErrorCode::PeerUnavailable).operator(format!("{}: {why}", self.callee))
    }

    /// The least busy of those that are connected. Those that are not are connected meanwhile.
    fn choose(self: &Arc<Self>, addresses: &Addresses) -> Choice {
        let known = match addresses {
            Addresses::Asked => return Choice::Wait(None),
            Addresses::None(why) => return Choice::Nobody(why.clone()),
            Addresses::Known(known) => known,
        };
        let mut members = self.members();
        members.follow(known);
        let now = Instant::now();
        for member in &mut members.list {
            if member.is_due(now) {
                if matches!(member.link, Link::Open(_)) {
                    member.failures = 0;
                }
                member.link = Link::Connecting;
                self.runtime.spawn(connect(Arc::downgrade(self), member.number, member.address));
            }
        }
        members.choose()
    }

    /// Changes a member, where it is still one, and wakes those who wait.
    fn change(&self, number: usize, change: impl FnOnce(&mut Member)) {
        if let Some(member) = self.members().list.iter_mut().find(|member| member.number == number) {
            change(member);
        }
        self.changed.notify_waiters();
    }

    fn opened(&self, number: usize, line: Line) {
        self.change(number, |member| {
            if member.failures > 0 {
                tracing::info!(callee = %self.callee, address = %member.address, "{} is reached again", self.callee);
            }
            member.link = Link::Open(line);
        });
    }

    /// Leaves an address alone for a while: 100 ms, doubled with each failure in a row up to 5 s, and up to half of it less,
    /// so that many who lost the same peer do not come back at once.
    fn failed(&self, number: usize, why: &str) {
        self.change(number, |member| {
            let longest = SHORTEST.saturating_mul(1 << member.failures.min(6)).min(LONGEST);
            member.failures += 1;
            let (callee, address) = (self.callee, member.address);
            if member.failures == 1 {
                tracing::warn!(%callee, %address, "{callee} cannot be reached at {address}: {why}");
            }
            metrics::counter!("berth_peer_connect_failures_total", "peer" => callee.as_str()).increment(1);
            member.link = Link::Away(Instant::now() + self.jittered(longest), format!("{address}: {why}"));
        });
    }

    /// A connection ended, and may have a successor already. One on which the peer never answered counts as one that was not
    /// made.
    fn ended(&self, number: usize, proven: &Arc<AtomicBool>, why: &str) {
        let is_its = |member: &Member| matches!(&member.link, Link::Open(line) if Arc::ptr_eq(&line.proven, proven));
        if !self.members().list.iter().any(|member| member.number == number && is_its(member)) {
            return;
        }
        if proven.load(Ordering::Relaxed) {
            self.change(number, |member| (member.link, member.failures) = (Link::Idle, 0));
        } else {
            self.failed(number, why);
        }
    }
}

impl Members {
    /// Takes addresses in that are new and lets those go that are not there any more; calls under way on them end as they
    /// would.
    fn follow(&mut self, known: &Arc<[SocketAddr]>) {
        if self.told.as_ref().is_some_and(|told| Arc::ptr_eq(told, known)) {
            return;
        }
        self.list.retain(|member| known.contains(&member.address));
        for address in known.iter() {
            if !self.list.iter().any(|member| member.address == *address) {
                self.count += 1;
                let (number, address) = (self.count, *address);
                self.list.push(Member { number, address, link: Link::Idle, failures: 0 });
            }
        }
        self.told = Some(known.clone());
    }

    fn choose(&mut self) -> Choice {
        self.count += 1;
        let turn = self.count;
        let places = self.list.len().max(1);
        let in_turn = (0..self.list.len()).map(|step| &self.list[(turn + step) % places]);
        let open = in_turn.filter_map(|member| match &member.link {
            Link::Open(line) if !line.send.is_closed() => Some(line),
            _ => None,
        });
        if let Some(line) = open.min_by_key(|line| Arc::strong_count(&line.busy)) {
            return Choice::Line(line.clone());
        }
        let mut why = None;
        let mut until: Option<Instant> = None;
        let mut is_moving = false;
        for member in &self.list {
            match &member.link {
                Link::Away(then, because) => {
                    until = Some(until.map_or(*then, |earliest| earliest.min(*then)));
                    why = Some(because);
                }
                // An open one that takes no calls any more is about to be told of.
                Link::Idle | Link::Connecting | Link::Open(_) => is_moving = true,
            }
        }
        if is_moving { Choice::Wait(until) } else { Choice::Nobody(why.cloned().unwrap_or_default()) }
    }
}

impl Member {
    fn is_due(&self, now: Instant) -> bool {
        match &self.link {
            Link::Idle => true,
            Link::Away(until, _) => *until <= now,
            // The peer goes, and ends what is under way on it: others are not kept waiting for that.
            Link::Open(line) => line.send.is_closed() && line.proven.load(Ordering::Relaxed),
            Link::Connecting => false,
        }
    }
}

/// Makes a connection and keeps it going until it ends, or the pool is gone.
async fn connect(pool: Weak<Inner>, number: usize, address: SocketAddr) {
    let Some(inner) = pool.upgrade() else { return };
    let dialled = tokio::time::timeout(CONNECT, inner.dial.dial(address)).await;
    let dialled = dialled.unwrap_or_else(|_| Err(io::Error::other("it takes too long")));
    let io = match dialled {
        Ok(io) => io,
        Err(error) => return inner.failed(number, &error.to_string()),
    };
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    if inner.dial.can_vanish() {
        builder.keep_alive_interval(PING).keep_alive_timeout(PONG).keep_alive_while_idle(true);
    }
    let (send, connection) = match builder.handshake(TokioIo::new(io)).await {
        Ok(made) => made,
        Err(error) => return inner.failed(number, &error.to_string()),
    };
    let proven = Arc::new(AtomicBool::new(false));
    inner.opened(number, Line { send, busy: Arc::default(), proven: proven.clone() });
    // From here on the pool may go, and its connections with it.
    drop(inner);
    let ended = connection.await;
    if let Some(inner) = pool.upgrade() {
        let why = ended.err().map_or_else(|| "it closed the connection".to_owned(), |error| error.to_string());
        inner.ended(number, &proven, &why);
    }
}
