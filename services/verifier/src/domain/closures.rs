//! Sessions and accounts that were closed while tokens of them can still be about, and how fresh that knowledge is.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use kit::{SessionId, Timestamp, UserId};

/// One closing, as user tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    pub cursor: u64,
    /// `None` where all of the user's sessions are closed.
    pub session: Option<SessionId>,
    pub user: UserId,
    /// Tokens issued at or before this are void.
    pub at: Timestamp,
    pub reason: String,
}

/// What was closed of late.
#[derive(Debug, Default)]
pub struct Closures {
    /// In the order of their cursors.
    all: VecDeque<Closure>,
    sessions: HashMap<SessionId, Timestamp>,
    users: HashMap<UserId, Timestamp>,
    cursor: u64,
    heard: Option<Timestamp>,
}

impl Closures {
    /// Where the next question begins.
    pub const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Takes one in; `false` where it is known.
    pub fn add(&mut self, closure: Closure) -> bool {
        if closure.cursor <= self.cursor {
            return false;
        }
        self.cursor = closure.cursor;
        match closure.session {
            Some(session) => keep_latest(&mut self.sessions, session, closure.at),
            None => keep_latest(&mut self.users, closure.user, closure.at),
        }
        self.all.push_back(closure);
        true
    }

    /// User answered a question that was asked at this time.
    pub fn heard(&mut self, at: Timestamp) {
        self.heard = self.heard.max(Some(at));
    }

    /// Whether user was heard within so long a time.
    pub fn is_fresh(&self, now: Timestamp, trust: Duration) -> bool {
        self.heard.is_some_and(|heard| now.since(heard) <= trust)
    }

    /// Whether a token of this session, issued at this time, is void.
    pub fn close(&self, user: UserId, session: SessionId, issued_at: Timestamp) -> bool {
        // A token's time has whole seconds, its session's id has milliseconds: a login that follows a closing within
        // the same second is open, and no token is older than its session.
        let issued_at = issued_at.max(began(session));
        self.sessions.contains_key(&session) || self.users.get(&user).is_some_and(|at| issued_at <= *at)
    }

    /// Whether an API key is void that user resolved at this time. One that was revoked stays so, whatever the clocks of
    /// two replicas say. It may be open again after its user was suspended: of that, only what came since then counts.
    pub fn closes_key(&self, user: UserId, key: SessionId, resolved_at: Timestamp) -> bool {
        self.sessions.contains_key(&key) || self.users.get(&user).is_some_and(|at| resolved_at <= *at)
    }

    /// Forgets what was closed before this time.
    pub fn forget(&mut self, before: Timestamp) {
        self.sessions.retain(|_, at| *at >= before);
        self.users.retain(|_, at| *at >= before);
        self.all.retain(|closure| closure.at >= before);
    }

    /// All that is kept, oldest first.
    pub fn all(&self) -> Vec<Closure> {
        self.all.iter().cloned().collect()
    }
}

fn keep_latest<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Timestamp>, key: K, at: Timestamp) {
    let latest = map.entry(key).or_insert(at);
    *latest = at.max(*latest);
}

/// When a session began, by its id, which is a `UUIDv7`: 48 bits of milliseconds. The epoch for any other id.
fn began(session: SessionId) -> Timestamp {
    let uuid = session.as_uuid();
    if uuid.get_version_num() != 7 {
        return Timestamp::EPOCH;
    }
    let millis = uuid.as_u128() >> 80;
    Timestamp::from_micros(i64::try_from(millis).unwrap_or(0).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::Ambient;
    use testkit::TestClock;

    struct World {
        clock: TestClock,
        ambient: Ambient,
        user: UserId,
        closures: Closures,
    }

    fn world() -> World {
        let clock = TestClock::default();
        let ambient = clock.ambient();
        World { user: UserId::mint(&ambient), closures: Closures::default(), clock, ambient }
    }

    impl World {
        fn close(&mut self, session: Option<SessionId>) -> bool {
            let (user, at, cursor) = (self.user, self.ambient.now(), self.closures.cursor() + 1);
            self.closures.add(Closure { cursor, session, user, at, reason: "logout".into() })
        }

        /// A login now, with the token's time cut to seconds.
        fn login(&self) -> (SessionId, Timestamp) {
            let issued_at = Timestamp::from_micros(self.ambient.now().as_secs() * 1_000_000);
            (SessionId::mint(&self.ambient), issued_at)
        }

        fn is_closed(&self, (session, issued_at): (SessionId, Timestamp)) -> bool {
            self.closures.close(self.user, session, issued_at)
        }
    }

    #[test]
    fn one_session_closes_alone() {
        let mut world = world();
        let (one, other) = (world.login(), world.login());
        world.close(Some(one.0));
        assert!(world.is_closed(one) && !world.is_closed(other));
        // A token that was refreshed meanwhile is one of the closed session all the same.
        assert!(world.is_closed((one.0, world.ambient.now().plus(Duration::from_secs(9)))));
    }

    #[test]
    fn closing_a_user_closes_what_was_issued_and_not_what_follows_in_the_same_second() {
        let mut world = world();
        world.clock.advance(Duration::from_millis(300));
        let before = world.login();
        world.clock.advance(Duration::from_millis(100));
        world.close(None);
        world.clock.advance(Duration::from_millis(50));
        let after = world.login();
        assert_eq!(before.1, after.1, "both tokens say the same second");
        assert!(world.is_closed(before) && !world.is_closed(after));
    }

    #[test]
    fn a_revoked_key_is_void_whatever_the_clocks_say_and_a_suspended_users_key_may_open_again() {
        let mut world = world();
        let (key, other) = (SessionId::mint(&world.ambient), SessionId::mint(&world.ambient));
        world.close(Some(key));
        let ahead = world.ambient.now().plus(Duration::from_secs(60));
        assert!(world.closures.closes_key(world.user, key, ahead));
        assert!(!world.closures.closes_key(world.user, other, world.ambient.now()));
        world.close(None);
        assert!(world.closures.closes_key(world.user, other, world.ambient.now()));
        assert!(!world.closures.closes_key(world.user, other, ahead));
    }

    #[test]
    fn a_repeated_closing_is_not_new_and_an_old_one_is_forgotten() {
        let mut world = world();
        let login = world.login();
        assert!(world.close(Some(login.0)));
        let again = world.closures.all().remove(0);
        assert!(!world.closures.add(again));
        world.closures.forget(world.ambient.now().plus(Duration::from_secs(1)));
        assert!(!world.is_closed(login) && world.closures.all().is_empty() && world.closures.cursor() == 1);
    }

    #[test]
    fn knowledge_is_fresh_for_a_while_and_never_before_the_first_answer() {
        let mut world = world();
        let trust = Duration::from_secs(5);
        assert!(!world.closures.is_fresh(world.ambient.now(), trust));
        world.closures.heard(world.ambient.now());
        world.clock.advance(trust);
        assert!(world.closures.is_fresh(world.ambient.now(), trust));
        world.clock.advance(Duration::from_micros(1));
        assert!(!world.closures.is_fresh(world.ambient.now(), trust));
    }
}
