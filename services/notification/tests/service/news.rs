//! Mail that is derived from what happens to users and allocations: to whom, when, and what it says.

use std::time::Duration;

use bus::Topic;
use kit::ErrorCode;
use proto::v1::{Allocation, User};

use crate::support::events::{ada, cache, moved};
use crate::support::mail::{MailServer, Manner, Received};
use crate::support::service::Notification;

struct Stage {
    berth: Notification,
    server: MailServer,
    _directory: tempfile::TempDir,
}

impl Stage {
    async fn set() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = MailServer::start(Manner::Takes).await;
        let berth = Notification::start(directory.path(), &server.url()).await;
        Self { berth, server, _directory: directory }
    }

    /// With a user who is known since long.
    async fn with_ada() -> (Self, User) {
        let stage = Self::set().await;
        let user = ada(&stage.berth.ambient());
        stage.berth.user("user.snapshot", &user).await;
        (stage, user)
    }

    async fn subjects(&self) -> Vec<String> {
        while self.berth.run().await.seen > 0 {}
        self.server.mails().iter().map(|mail| mail.header("Subject")).collect()
    }

    async fn states(&self, allocation: &mut Allocation, states: &[&str]) {
        for state in states {
            (*state).clone_into(&mut allocation.state);
            allocation.revision += 1;
            self.berth.allocation(allocation).await;
        }
    }

    fn last(&self) -> Received {
        self.server.mails().pop().unwrap()
    }
}

#[tokio::test]
async fn who_signs_up_is_welcomed_and_who_is_verified_is_told() {
    let stage = Stage::set().await;
    let mut user = User { verified: false, ..ada(&stage.berth.ambient()) };
    stage.berth.user("user.created", &user).await;
    assert_eq!(stage.subjects().await, ["Welcome to Berth"]);
    (user.verified, user.revision) = (true, 2);
    stage.berth.user("user.verified", &user).await;
    assert_eq!(stage.subjects().await, ["Welcome to Berth", "Your Berth address is confirmed"]);
    assert_eq!(stage.last().to, "ada@example.org");
}

#[tokio::test]
async fn who_proved_a_number_only_is_told_of_their_address_once_it_is_proven() {
    let stage = Stage::set().await;
    let mut user = User { verified: false, ..ada(&stage.berth.ambient()) };
    stage.berth.user("user.created", &user).await;
    (user.verified, user.email_unproven, user.revision) = (true, true, 2);
    stage.berth.user("user.verified", &user).await;
    stage.berth.allocation(&cache(&stage.berth.ambient(), &user, "running")).await;
    stage.berth.ask(1, &stage.berth.notice("new_login", &user)).await;
    let mut subjects = stage.subjects().await;
    subjects.sort();
    assert_eq!(subjects, ["New login to your Berth account", "Welcome to Berth"]);
    (user.email_unproven, user.revision) = (false, 3);
    stage.berth.user("user.updated", &user).await;
    stage.subjects().await;
    assert_eq!(stage.last().header("Subject"), "Your Berth address is confirmed");
    stage.berth.allocation(&cache(&stage.berth.ambient(), &user, "running")).await;
    stage.subjects().await;
    assert_eq!(stage.last().header("Subject"), "cache is running");
}

#[tokio::test]
async fn an_address_that_is_not_confirmed_gets_no_other_mail() {
    let stage = Stage::set().await;
    let user = User { verified: false, ..ada(&stage.berth.ambient()) };
    stage.berth.user("user.snapshot", &user).await;
    stage.berth.ask(1, &stage.berth.notice("new_login", &user)).await;
    stage.berth.allocation(&cache(&stage.berth.ambient(), &user, "running")).await;
    assert_eq!(stage.subjects().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_an_intruder_would_do_is_told_with_its_place() {
    let (stage, user) = Stage::with_ada().await;
    let kinds = ["new_login", "password_changed", "email_changed", "phone_proven", "api_key_created"];
    for (position, kind) in (1..).zip(kinds) {
        stage.berth.ask(position, &stage.berth.notice(kind, &user)).await;
    }
    let expected = [
        "New login to your Berth account",
        "Your Berth password was changed",
        "The address of your Berth account was changed",
        "A telephone number of your Berth account is confirmed",
        "A new API key for your Berth account",
    ];
    let mut subjects = stage.subjects().await;
    subjects.sort_by_key(|subject| expected.iter().position(|wanted| wanted == subject));
    assert_eq!(subjects, expected);
    assert!(stage.server.mails().iter().all(|mail| mail.data.contains("203.0.113.9")));
}

#[tokio::test]
async fn a_farewell_reaches_who_is_gone() {
    let (stage, user) = Stage::with_ada().await;
    let gone =
        User { deleted: true, revision: 9, id: user.id.clone(), tenant_id: user.tenant_id.clone(), ..User::default() };
    stage.berth.user("user.deleted", &gone).await;
    stage.berth.ask(1, &stage.berth.notice("account_deleted", &user)).await;
    stage.berth.ask(2, &stage.berth.notice("new_login", &user)).await;
    assert_eq!(stage.subjects().await, ["Your Berth account is deleted"]);
}

#[tokio::test]
async fn a_suspension_is_told() {
    let (stage, user) = Stage::with_ada().await;
    stage.berth.user("user.suspended", &User { suspended: true, revision: 2, ..user }).await;
    assert_eq!(stage.subjects().await, ["Your Berth account is suspended"]);
}

#[tokio::test]
async fn an_allocations_owner_hears_of_its_first_start_and_of_its_removal() {
    let (stage, user) = Stage::with_ada().await;
    let mut allocation = cache(&stage.berth.ambient(), &user, "requested");
    let states =
        ["placing", "starting", "running", "stopping", "stopped", "starting", "running", "removing", "removed"];
    stage.states(&mut allocation, &states).await;
    let mut subjects = stage.subjects().await;
    subjects.sort();
    assert_eq!(subjects, ["cache is running", "cache was removed"]);
    assert_eq!(stage.server.mails().iter().filter(|mail| mail.data.contains("127.0.0.1:20003")).count(), 1);
}

#[tokio::test]
async fn a_failure_is_told_with_its_reason_and_the_last_lines() {
    let (stage, user) = Stage::with_ada().await;
    let mut allocation = cache(&stage.berth.ambient(), &user, "requested");
    allocation.reason_code = Some("oom_killed".into());
    allocation.reason = Some("The program used more memory than its limit.".into());
    stage.states(&mut allocation, &["failed"]).await;
    assert_eq!(stage.subjects().await, ["cache has failed"]);
    let mail = stage.last().data;
    for told in ["oom_killed", "used more memory than its limit", "OOM command not allowed"] {
        assert!(mail.contains(told), "{told} in {mail}");
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_had_holds_the_mail_up_a_few_times_only() {
    let (stage, user) = Stage::with_ada().await;
    stage.berth.lines.fail(ErrorCode::PeerUnavailable);
    stage.states(&mut cache(&stage.berth.ambient(), &user, "requested"), &["failed"]).await;
    let mut attempts = 0;
    while stage.server.mails().is_empty() {
        stage.berth.run().await;
        stage.berth.clock.advance(stage.berth.pause());
        attempts += 1;
    }
    assert_eq!(attempts, 4);
    assert!(!stage.last().data.contains("The last lines"));
}

#[tokio::test]
async fn a_log_that_is_not_there_holds_nothing_up() {
    let (stage, user) = Stage::with_ada().await;
    stage.berth.lines.fail(ErrorCode::AllocationNotFound);
    stage.states(&mut cache(&stage.berth.ambient(), &user, "requested"), &["failed"]).await;
    assert_eq!(stage.subjects().await, ["cache has failed"]);
}

#[tokio::test]
async fn an_event_that_comes_before_its_user_waits_for_them() {
    let stage = Stage::set().await;
    let user = ada(&stage.berth.ambient());
    stage.berth.allocation(&cache(&stage.berth.ambient(), &user, "running")).await;
    assert_eq!(stage.berth.run().await.failed, 1);
    stage.berth.user("user.snapshot", &user).await;
    stage.berth.clock.advance(stage.berth.pause());
    assert_eq!(stage.subjects().await, ["cache is running"]);
}

#[tokio::test]
async fn the_same_event_twice_is_one_mail() {
    let (stage, user) = Stage::with_ada().await;
    let event = stage.berth.event(
        Topic::Allocation,
        "allocation.running",
        &moved(&cache(&stage.berth.ambient(), &user, "running")),
    );
    stage.berth.apply(1, event.clone()).await;
    assert_eq!(stage.subjects().await.len(), 1);
    stage.berth.apply(1, event.clone()).await;
    stage.berth.apply(2, event).await;
    assert_eq!(stage.subjects().await.len(), 1);
}

#[tokio::test]
async fn what_happened_a_day_ago_is_told_to_nobody() {
    let (stage, user) = Stage::with_ada().await;
    let old = stage.berth.event(
        Topic::Allocation,
        "allocation.running",
        &moved(&cache(&stage.berth.ambient(), &user, "running")),
    );
    stage.berth.clock.advance(Duration::from_secs(24 * 3_600));
    stage.berth.apply(1, old).await;
    assert_eq!(stage.subjects().await, Vec::<String>::new());
}

#[tokio::test]
async fn who_turned_mail_off_gets_security_mail_only() {
    let stage = Stage::set().await;
    let user = User { email_notification: false, ..ada(&stage.berth.ambient()) };
    stage.berth.user("user.snapshot", &user).await;
    stage.berth.allocation(&cache(&stage.berth.ambient(), &user, "running")).await;
    stage.berth.ask(1, &stage.berth.notice("new_login", &user)).await;
    assert_eq!(stage.subjects().await, ["New login to your Berth account"]);
}

#[tokio::test]
async fn mail_is_tried_for_a_day_and_then_given_up() {
    let (stage, user) = Stage::with_ada().await;
    stage.server.behave(Manner::PutsOff);
    stage.berth.allocation(&cache(&stage.berth.ambient(), &user, "running")).await;
    let began = stage.berth.ambient().now();
    while stage.berth.deliveries().await[0].0 == "pending" {
        stage.berth.run().await;
        stage.berth.clock.advance(stage.berth.pause());
    }
    assert_eq!(stage.berth.deliveries().await, [crate::codes::dead("mail_server_unavailable")]);
    let tried = stage.berth.ambient().now().since(began);
    assert!(tried > Duration::from_secs(23 * 3_600) && tried < Duration::from_secs(25 * 3_600), "{tried:?}");
}
