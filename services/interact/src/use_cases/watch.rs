//! Watches over one open socket: says when it must end, because its session did or because the process goes away.

use std::sync::Arc;
use std::time::Duration;

use kit::{ErrorCode, Failure};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ports::{Admitted, Closed, Sessions};

/// How often is looked.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// While all is quiet.
    pub recheck: Duration,
    /// Once more after news: a verdict may be a second old.
    pub again: Duration,
    /// How long a socket goes on while nobody can say whether its session is open.
    pub benefit: Duration,
}

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
    pub pace: Pace,
}

impl Watch {
    /// Returns when the socket must end, with why: `ShuttingDown` at a drain, else what became of the session.
    pub async fn over(mut self, admitted: Admitted) -> Failure {
        let mut good = Instant::now();
        let mut next = good + self.pace.recheck;
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
                    next = good + if news { self.pace.again } else { self.pace.recheck };
                }
                Err(failure) if is_away(&failure) && good.elapsed() < self.pace.benefit => {
                    next = Instant::now() + self.pace.again;
                }
                Err(failure) => return failure,
            }
        }
    }
}

fn concerns(closed: &Closed, admitted: &Admitted) -> bool {
    let caller = &admitted.caller;
    let since = admitted.issued_at <= closed.at;
    match closed.session {
        None => closed.user == caller.user && since,
        // A session closes for good; a key may have been opened anew since, and closings are told again.
        Some(session) => session == caller.session && (since || !caller.access.is_key()),
    }
}

/// The failure says nothing about the session.
fn is_away(failure: &Failure) -> bool {
    failure.code != ErrorCode::SessionUnknown && matches!(failure.code.row().status, 429 | 500..)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use kit::{Ambient, Caller, Role, SessionId, TenantId, Timestamp, UserId};
    use tokio::task::JoinHandle;

    use super::*;

    const NEVER: Duration = Duration::from_secs(3600);
    const SOON: Duration = Duration::from_millis(20);

    /// Answers every look the same way, until told otherwise.
    struct Looks {
        answer: Mutex<Result<(), ErrorCode>>,
        number: AtomicUsize,
    }

    #[async_trait]
    impl Sessions for Looks {
        async fn admit(&self, _: &str, _: Option<TenantId>) -> Result<Admitted, Failure> {
            Err(Failure::of(ErrorCode::Unauthenticated))
        }

        async fn look(&self, _: &Admitted) -> Result<(), Failure> {
            self.number.fetch_add(1, Ordering::SeqCst);
            self.answer.lock().unwrap().map_err(Failure::of)
        }
    }

    struct World {
        notices: broadcast::Sender<Notice>,
        handover: CancellationToken,
        admitted: Admitted,
        looks: Arc<Looks>,
        watch: JoinHandle<Failure>,
    }

    impl World {
        fn watching(answer: Result<(), ErrorCode>, pace: Pace) -> Self {
            let ambient = Ambient::system();
            let caller = Caller {
                user: UserId::mint(&ambient),
                tenant: TenantId::mint(&ambient),
                role: Role::Owner,
                access: kit::Access::Login,
                session: SessionId::mint(&ambient),
                verified: true,
                admin: false,
            };
            let admitted = Admitted { caller, issued_at: Timestamp::from_micros(100), user_revision: 1, key: None };
            let looks = Arc::new(Looks { answer: Mutex::new(answer), number: AtomicUsize::new(0) });
            let (notices, handover) = (broadcast::Sender::new(4), CancellationToken::new());
            let watch =
                Watch { sessions: looks.clone(), notices: notices.subscribe(), handover: handover.clone(), pace };
            let watch = tokio::spawn(watch.over(admitted.clone()));
            Self { notices, handover, admitted, looks, watch }
        }

        fn closed(&self, session: Option<SessionId>, at: i64) {
            let (user, at) = (self.admitted.caller.user, Timestamp::from_micros(at));
            self.notices.send(Notice::Closed(Closed { user, session, at })).unwrap();
        }

        async fn looked(&self, times: usize) {
            testkit::until(|| async { self.looks.number.load(Ordering::SeqCst) }, |number| *number >= times).await;
        }
    }

    const QUIET: Pace = Pace { recheck: NEVER, again: NEVER, benefit: NEVER };

    #[tokio::test]
    async fn its_own_closing_ends_it_and_anothers_does_not() {
        let world = World::watching(Ok(()), QUIET);
        world.closed(Some(SessionId::mint(&Ambient::system())), 200);
        world.closed(None, 99);
        world.notices.send(Notice::LookAgain).unwrap();
        world.looked(1).await;
        assert!(!world.watch.is_finished());
        world.closed(None, 100);
        assert_eq!(world.watch.await.unwrap().code, ErrorCode::SessionClosed);
    }

    #[tokio::test]
    async fn a_missed_closing_is_found_by_looking_again() {
        let told = World::watching(Err(ErrorCode::SessionClosed), QUIET);
        told.notices.send(Notice::LookAgain).unwrap();
        assert_eq!(told.watch.await.unwrap().code, ErrorCode::SessionClosed);
        let untold = World::watching(Err(ErrorCode::SessionClosed), Pace { recheck: SOON, ..QUIET });
        assert_eq!(untold.watch.await.unwrap().code, ErrorCode::SessionClosed);
    }

    #[tokio::test]
    async fn after_news_it_looks_twice() {
        let world = World::watching(Ok(()), Pace { again: SOON, ..QUIET });
        world.notices.send(Notice::LookAgain).unwrap();
        world.looked(1).await;
        *world.looks.answer.lock().unwrap() = Err(ErrorCode::SessionClosed);
        assert_eq!(world.watch.await.unwrap().code, ErrorCode::SessionClosed);
    }

    #[tokio::test]
    async fn a_verifier_that_is_away_gets_a_while() {
        let pace = Pace { recheck: SOON, again: SOON, benefit: NEVER };
        let world = World::watching(Err(ErrorCode::PeerUnavailable), pace);
        world.looked(3).await;
        assert!(!world.watch.is_finished());
        let world = World::watching(Err(ErrorCode::PeerUnavailable), Pace { benefit: SOON, ..pace });
        assert_eq!(world.watch.await.unwrap().code, ErrorCode::PeerUnavailable);
        let world = World::watching(Err(ErrorCode::SessionUnknown), pace);
        assert_eq!(world.watch.await.unwrap().code, ErrorCode::SessionUnknown);
    }

    #[tokio::test]
    async fn a_drain_ends_it() {
        let world = World::watching(Ok(()), QUIET);
        world.handover.cancel();
        assert_eq!(world.watch.await.unwrap().code, ErrorCode::ShuttingDown);
    }
}
