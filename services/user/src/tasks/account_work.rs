//! Brings closed accounts to their end: what a suspended user runs is stopped, what a leaving one holds is removed, and
//! then the account itself. The table is what it looks at, so a crash anywhere is resumed from there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{Ambient, Failure, UserId};
use wire::{Report, Task};

use crate::domain::{Settlement, Wish, Worker};
use crate::ports::{Holdings, Settlements};

/// How much work is looked at together.
const PIECE: u32 = 100;
/// How long the work on one account is taken for: longer than the other services may take to answer, and no longer than
/// another replica may wait before it takes over from one that died.
const TAKEN_FOR: Duration = Duration::from_secs(15);

pub struct AccountWork {
    pub settlements: Arc<dyn Settlements>,
    pub holdings: Arc<dyn Holdings>,
    pub ambient: Ambient,
}

impl AccountWork {
    async fn work(&self, report: &mut Report) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let piece = self.settlements.open_work(after, PIECE).await?;
            let Some(last) = piece.last() else { return Ok(()) };
            after = Some(last.user);
            for work in piece {
                self.one(work.user, report).await;
            }
        }
    }

    async fn one(&self, user: UserId, report: &mut Report) {
        report.seen += 1;
        match self.look_again(user).await {
            Ok(done) => report.done += u64::from(done),
            Err(failure) => {
                report.failed += 1;
                tracing::warn!(%failure, user.id = %user, "could not settle what user {user} holds; trying again");
            }
        }
    }

    /// As `settle`, for the account as it is by now: what came before it may have taken long enough for an admin to resume
    /// it, and then nothing of it must be stopped. What another replica is at is left to it.
    async fn look_again(&self, user: UserId) -> Result<bool, Failure> {
        let worker = Worker(self.ambient.bytes());
        let Some(work) = self.settlements.claim(user, worker, TAKEN_FOR).await? else { return Ok(false) };
        let settled = self.settle(work).await;
        self.settlements.release(user, worker).await?;
        settled
    }

    /// Whether nothing is left to do for this account.
    async fn settle(&self, work: Settlement) -> Result<bool, Failure> {
        let at = self.ambient.now();
        if self.holdings.settle(work).await? > 0 || !work.is_final(at) {
            return Ok(false);
        }
        match work.wish {
            Wish::Stopped => self.settlements.stopped(work).await?,
            Wish::Removed => {
                if self.settlements.erase(work).await? {
                    tracing::info!(user.id = %work.user, "deleted user {}", work.user);
                }
            }
        }
        Ok(true)
    }
}

#[async_trait]
impl Task for AccountWork {
    fn name(&self) -> &'static str {
        "account_work"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(5)
    }

    async fn run_once(&self) -> Report {
        let mut report = Report::default();
        if let Err(failure) = self.work(&mut report).await {
            tracing::error!(%failure, "could not look at closed accounts");
            report.failed += 1;
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::testing::{PASSWORD, Server, address};

    /// After this nobody takes the tokens of a closed account any more.
    const MOMENT: Duration = Duration::from_secs(10);
    const PHONE: &str = "+4915112345678";

    /// An admin, and a user who is about to go.
    async fn leaving() -> (Server, String) {
        let server = Server::start().await;
        server.verified("ada").await;
        let bob = server.verified("bob").await;
        let token = server.token("bob").await;
        let phone = json!({"phone_number": PHONE});
        assert_eq!(server.call("PATCH", "/user/me", Some(&token), Some(phone)).await.status, 200);
        let email = json!({"email": address("robert"), "password": PASSWORD});
        assert_eq!(server.call("POST", "/user/me/email", Some(&token), Some(email)).await.status, 202);
        assert_eq!(server.call("DELETE", "/user/me", Some(&token), None).await.status, 202);
        (server, bob)
    }

    async fn is_there(server: &Server, user: &str) -> bool {
        let admin = server.token("ada").await;
        server.get(&format!("/user/{user}"), &admin).await.status == 200
    }

    #[actix_web::test]
    async fn an_account_goes_when_nothing_of_its_own_is_left_however_often_it_takes() {
        let (server, bob) = leaving().await;
        server.peers.will_answer(&[Some(0), Some(2), None, Some(1)]);
        let undone = Report { seen: 1, done: 0, failed: 0 };
        assert_eq!(server.settle().await, undone, "a request of before may be at work yet");
        server.clock.advance(MOMENT);
        assert_eq!(server.settle().await, undone);
        assert_eq!(server.settle().await, Report { seen: 1, done: 0, failed: 1 });
        assert!(is_there(&server, &bob).await);
        let server = server.restarted().await;
        assert_eq!(server.settle().await, undone);
        assert_eq!(server.settle().await, Report { seen: 1, done: 1, failed: 0 });
        assert!(!is_there(&server, &bob).await);
        assert_eq!(server.settle().await, Report::default());
        let asked = server.peers.asked();
        assert!(asked.len() == 5 && asked.iter().all(|work| work.wish == Wish::Removed && work.actor == work.user));
    }

    #[actix_web::test]
    async fn a_deletion_is_told_and_leaves_nothing_of_the_person() {
        let (server, bob) = leaving().await;
        let holds = |stored: &[(String, Vec<u8>)], word: &str| -> Vec<String> {
            let found = stored.iter().filter(|(_, value)| String::from_utf8_lossy(value).contains(word));
            found.map(|(place, _)| place.clone()).collect()
        };
        assert_eq!(holds(&server.everything_stored().await, &address("bob")), ["users.email"]);
        assert_eq!(holds(&server.everything_stored().await, PHONE), ["users.phone_number"]);
        server.clock.advance(MOMENT);
        server.settle().await;
        let stored = server.everything_stored().await;
        assert!(!holds(&stored, &address("ada")).is_empty());
        for word in [&address("bob"), &address("robert"), PHONE] {
            assert!(holds(&stored, word).is_empty(), "{word}");
        }
        let id: kit::UserId = bob.parse().unwrap();
        let left = stored.iter().filter(|(_, value)| value == id.as_bytes()).map(|(place, _)| place.as_str());
        // Only the closing, which matters for as long as an access token lives.
        assert!(left.clone().all(|place| place == "closures.user_id"), "{:?}", left.collect::<Vec<_>>());
        let (kind, event) = server.user_events().await.pop().unwrap();
        let user = event.user.unwrap();
        assert!(kind == "user.deleted" && user.id == bob && user.email.is_empty() && user.deleted);
        let notice = server.mails().await.pop().unwrap();
        assert_eq!((notice.kind.as_str(), notice.recipient), ("account_deleted", address("bob")));
        assert_eq!(server.sign_up("bob").await.status, 201);
    }

    /// Takes so long for the first account that an admin resumes all others meanwhile.
    struct Meanwhile(Arc<dyn Settlements>, Arc<Mutex<Vec<UserId>>>);

    #[async_trait]
    impl Holdings for Meanwhile {
        async fn settle(&self, work: Settlement) -> Result<u32, Failure> {
            self.1.lock().unwrap().push(work.user);
            for other in self.0.open_work(None, PIECE).await? {
                if other.user != work.user {
                    let act = kit::Act::anonymous("user.resume", "user", other.user);
                    self.0.resume(other.user, work.asked_at, act).await?;
                }
            }
            Ok(0)
        }
    }

    #[actix_web::test]
    async fn who_was_resumed_while_others_were_settled_is_left_alone() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server =
            Server::with(|deps| deps.holdings = Arc::new(Meanwhile(deps.settlements.clone(), asked.clone()))).await;
        server.verified("ada").await;
        let admin = server.token("ada").await;
        for name in ["bob", "cleo"] {
            let user = server.verified(name).await;
            assert_eq!(server.call("POST", &format!("/user/{user}/suspension"), Some(&admin), None).await.status, 200);
        }
        server.clock.advance(MOMENT);
        assert_eq!(server.settle().await, Report { seen: 2, done: 1, failed: 0 });
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    #[actix_web::test]
    async fn who_is_suspended_and_then_deleted_goes_with_everything() {
        let server = Server::start().await;
        server.verified("ada").await;
        let bob = server.verified("bob").await;
        let admin = server.token("ada").await;
        server.call("POST", &format!("/user/{bob}/suspension"), Some(&admin), None).await;
        server.peers.will_answer(&[Some(1)]);
        server.settle().await;
        assert_eq!(server.call("DELETE", &format!("/user/{bob}"), Some(&admin), None).await.status, 202);
        server.clock.advance(MOMENT);
        server.settle().await;
        let wishes: Vec<Wish> = server.peers.asked().into_iter().map(|work| work.wish).collect();
        assert_eq!(wishes, [Wish::Stopped, Wish::Removed]);
        let gone = server.post("/user/login", json!({"email": address("bob"), "password": "any password"})).await;
        assert_eq!(gone.problem(), (401, "invalid_credentials"));
        assert!(!is_there(&server, &bob).await);
    }
}
