//! Watches over one open socket: says when it must end, because its session did or because the process goes away.

use std::sync::Arc;
use std::time::Duration;

use kit::{ErrorCode, Failure};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ports::{Admitted, Closed, Sessions};

/// How long a socket goes on while nobody can say whether its session is open.
const BENEFIT: Duration = Duration::from_secs(60);
/// A verdict may be a second old; after news it is asked for once more when that has passed.
const AGAIN: Duration = Duration::from_secs(2);

/// What all sockets are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Closed(Closed),
    /// Closings may have been missed.
    LookAgain,
}

pub struct Watch {
    pub sessions: Arc<dyn Sessions>,
    /// Subscribed before the token was checked, so that no closing falls in between.
    pub notices: broadcast::Receiver<Notice>,
    pub handover: CancellationToken,
    pub recheck: Duration,
}

impl Watch {
    /// Returns when the socket must end, with why: `ShuttingDown` at a drain, else what became of the session.
    pub async fn over(mut self, admitted: Admitted) -> Failure {
        let mut good = Instant::now();
        let mut next = good + self.recheck;
        loop {
            let news = tokio::select! {
                () = self.handover.cancelled() => return Failure::of(ErrorCode::ShuttingDown),
                notice = self.notices.recv() => match notice {
                    Ok(Notice::Closed(closed)) if concerns(&closed, &admitted) => {
                        return Failure::of(ErrorCode::SessionClosed);
                    }
                    Ok(Notice::Closed(_)) => continue,
                    Ok(Notice::LookAgain) | Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return Failure::of(ErrorCode::ShuttingDown),
                },
                () = tokio::time::sleep_until(next) => false,
            };
            match self.sessions.look(&admitted).await {
                Ok(()) => {
                    good = Instant::now();
                    next = good + if news { AGAIN } else { self.recheck };
                }
                Err(failure) if is_away(&failure) && good.elapsed() < BENEFIT => next = Instant::now() + AGAIN,
                Err(failure) => return failure,
            }
        }
    }
}

fn concerns(closed: &Closed, admitted: &Admitted) -> bool {
    let caller = &admitted.caller;
    let all = || closed.user == caller.user && admitted.issued_at <= closed.at;
    closed.session.map_or_else(all, |session| session == caller.session)
}

/// The failure says nothing about the session.
fn is_away(failure: &Failure) -> bool {
    failure.code != ErrorCode::SessionUnknown && matches!(failure.code.row().status, 429 | 500..)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use kit::{Ambient, Caller, Role, SessionId, TenantId, Timestamp, UserId};

    use super::*;

    /// Answers every look the same way.
    struct Always(Mutex<Result<(), ErrorCode>>);

    #[async_trait]
    impl Sessions for Always {
        async fn admit(&self, _: &str, _: Option<TenantId>) -> Result<Admitted, Failure> {
            Err(Failure::of(ErrorCode::Unauthenticated))
        }

        async fn look(&self, _: &Admitted) -> Result<(), Failure> {
            self.0.lock().unwrap().map_err(Failure::of)
        }
    }

    struct World {
        notices: broadcast::Sender<Notice>,
        handover: CancellationToken,
        admitted: Admitted,
        look: Arc<Always>,
    }

    impl World {
        fn new(look: Result<(), ErrorCode>) -> Self {
            let ambient = Ambient::system();
            let caller = Caller {
                user: UserId::mint(&ambient),
                tenant: TenantId::mint(&ambient),
                role: Role::Owner,
                scopes: Vec::new(),
                session: SessionId::mint(&ambient),
                verified: true,
                admin: false,
            };
            let admitted = Admitted { caller, issued_at: Timestamp::from_micros(100), user_revision: 1 };
            let look = Arc::new(Always(Mutex::new(look)));
            Self { notices: broadcast::Sender::new(4), handover: CancellationToken::new(), admitted, look }
        }

        fn watch(&self) -> tokio::task::JoinHandle<Failure> {
            let watch = Watch {
                sessions: self.look.clone(),
                notices: self.notices.subscribe(),
                handover: self.handover.clone(),
                recheck: Duration::from_secs(30),
            };
            tokio::spawn(watch.over(self.admitted.clone()))
        }

        fn closed(&self, session: Option<SessionId>, at: i64) -> Notice {
            Notice::Closed(Closed { user: self.admitted.caller.user, session, at: Timestamp::from_micros(at) })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn its_own_closing_ends_it_and_anothers_does_not() {
        let world = World::new(Ok(()));
        let watch = world.watch();
        let other = SessionId::mint(&Ambient::system());
        world.notices.send(world.closed(Some(other), 200)).unwrap();
        world.notices.send(world.closed(None, 99)).unwrap();
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert!(!watch.is_finished());
        world.notices.send(world.closed(None, 100)).unwrap();
        assert_eq!(watch.await.unwrap().code, ErrorCode::SessionClosed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_missed_closing_is_found_by_looking_again() {
        let world = World::new(Err(ErrorCode::SessionClosed));
        let began = Instant::now();
        let (told, untold) = (world.watch(), world.watch());
        world.notices.send(Notice::LookAgain).unwrap();
        assert_eq!(told.await.unwrap().code, ErrorCode::SessionClosed);
        assert_eq!(untold.await.unwrap().code, ErrorCode::SessionClosed);
        assert!(began.elapsed() <= Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_verifier_that_is_away_gets_a_minute() {
        let world = World::new(Err(ErrorCode::PeerUnavailable));
        let began = Instant::now();
        assert_eq!(world.watch().await.unwrap().code, ErrorCode::PeerUnavailable);
        assert!((60..=65).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_ends_it() {
        let world = World::new(Ok(()));
        let watch = world.watch();
        world.handover.cancel();
        assert_eq!(watch.await.unwrap().code, ErrorCode::ShuttingDown);
    }
}
