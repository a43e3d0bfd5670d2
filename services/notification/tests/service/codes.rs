//! Code mail from the event to the mail server: once, in time, and never late.

use std::time::Duration;

use crate::support::mail::{MailServer, Manner};
use crate::support::service::Notification;
use testkit::until;
use tokio::net::TcpListener;

pub fn sent() -> (String, Option<String>, bool) {
    ("sent".into(), None, false)
}

pub fn dead(reason: &str) -> (String, Option<String>, bool) {
    ("dead".into(), Some(reason.into()), false)
}

#[tokio::test]
async fn a_request_becomes_one_mail_with_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("email", "483920")).await;
    assert_eq!(berth.run().await.done, 1);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ada@example.org");
    assert_eq!(mails[0].header("Subject"), "483920 is your Berth code");
    assert_eq!(mails[0].header("From"), "Berth <berth@example.org>");
    assert_eq!(mails[0].data.lines().filter(|line| line.trim() == "483920").count(), 2, "in both parts");
    assert_eq!(berth.deliveries().await, [sent()]);
}

#[tokio::test]
async fn the_same_event_twice_is_one_mail() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    let request = berth.request("email", "483920");
    berth.ask(1, &request).await;
    berth.run().await;
    berth.ask(1, &request).await;
    berth.ask(2, &request).await;
    assert_eq!(berth.run().await.seen, 0);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_was_away_gets_the_mail_when_it_is_back() {
    let directory = tempfile::tempdir().unwrap();
    // Bound and let go, so that nobody listens there for now.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let berth = Notification::start(directory.path(), &format!("smtp://{address}")).await;
    berth.ask(1, &berth.request("email", "483920")).await;
    for wait in [1, 2, 4] {
        assert_eq!(berth.run().await.failed, 1);
        assert_eq!(berth.pause(), Duration::from_secs(wait));
        assert_eq!(berth.run().await.seen, 0, "it waits");
        berth.clock.advance(Duration::from_secs(wait));
    }
    let server = MailServer::serve(TcpListener::bind(address).await.unwrap(), Manner::Takes);
    assert_eq!(berth.run().await.done, 1);
    assert_eq!(server.mails().len(), 1);
    assert_eq!(berth.deliveries().await, [sent()]);
}

#[tokio::test]
async fn an_expired_code_is_never_sent_and_is_wiped() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("email", "483920")).await;
    berth.clock.advance(Duration::from_secs(600));
    berth.run().await;
    assert_eq!(server.mails().len(), 0);
    assert_eq!(berth.deliveries().await, [("expired".into(), None, false)]);
}

#[tokio::test]
async fn a_server_that_never_comes_back_ends_with_the_code() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::PutsOff).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("email", "483920")).await;
    let mut attempts = 0;
    while berth.deliveries().await[0].0 == "pending" {
        attempts += berth.run().await.failed;
        berth.clock.advance(berth.pause());
    }
    assert_eq!(berth.deliveries().await, [dead("mail_server_unavailable")]);
    assert!((10..=20).contains(&attempts), "1 s, 2 s, 4 s … 60 s within ten minutes: {attempts}");
}

#[tokio::test]
async fn a_recipient_that_the_server_refuses_is_given_up_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Refuses).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("email", "483920")).await;
    berth.run().await;
    assert_eq!(berth.deliveries().await, [dead("mail_refused")]);
}

#[tokio::test]
async fn a_wrong_login_at_the_server_waits_for_the_operator() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::RefusesLogin).await;
    let berth = Notification::start(directory.path(), &format!("smtp://berth:p%40ss@{}", server.address)).await;
    berth.ask(1, &berth.request("email", "483920")).await;
    assert_eq!(berth.run().await.failed, 1);
    assert_eq!(berth.deliveries().await, [("pending".into(), None, true)]);
    server.behave(Manner::Takes);
    berth.clock.advance(berth.pause());
    assert_eq!(berth.run().await.done, 1);
    // Base64 of NUL berth NUL p@ss.
    assert_eq!(server.mails()[0].login, "AGJlcnRoAHBAc3M=");
}

#[tokio::test]
async fn a_text_message_has_no_gateway_yet() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("sms", "483920")).await;
    berth.run().await;
    assert_eq!(berth.deliveries().await, [dead("no_gateway")]);
}

#[tokio::test]
async fn a_mail_whose_receipt_was_lost_is_repeated_under_its_own_message_id() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::TakesAndHangsUp).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("email", "483920")).await;
    assert_eq!(berth.run().await.failed, 1);
    server.behave(Manner::Takes);
    berth.clock.advance(berth.pause());
    assert_eq!(berth.run().await.done, 1);
    let ids: Vec<String> = server.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_process_that_died_while_sending_repeats_one_mail_under_its_own_message_id() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::TakesAndHangsUp).await;
    let dying = Notification::start(directory.path(), &server.url()).await;
    dying.ask(1, &dying.request("email", "483920")).await;
    // The writer ends before the outcome can be recorded, as it does when the process is killed.
    let killed = async {
        until(|| async { server.mails().len() }, |mails| *mails == 1).await;
        dying.database.close().await;
    };
    let ((), _) = tokio::join!(killed, dying.run());
    server.behave(Manner::Takes);
    let berth = Notification::start(directory.path(), &server.url()).await;
    // When the failure of the first attempt was recorded just in time, the retry has to wait its second.
    berth.clock.advance(Duration::from_secs(1));
    berth.run().await;
    assert_eq!(berth.run().await.seen, 0);
    let ids: Vec<String> = server.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_the_rest_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    berth.ask(1, &berth.request("pigeon", "111111")).await;
    berth.announce(2, "notification.invented_later", &berth.request("email", "222222")).await;
    let mut foreign = berth.request("email", "333333");
    foreign.sealed_code = berth.codes.seal(&berth.ambient(), b"another context", b"333333");
    berth.ask(3, &foreign).await;
    berth.ask(4, &berth.request("email", "444444")).await;
    berth.run().await;
    assert_eq!(server.mails().len(), 1);
    assert_eq!(server.mails()[0].header("Subject"), "444444 is your Berth code");
    let unreadable = berth.unreadable().await;
    assert!(unreadable.len() == 1 && unreadable[0].contains("pigeon"), "{unreadable:?}");
    let mut states = berth.deliveries().await;
    states.sort();
    assert_eq!(states, [dead("internal"), sent()]);
}

#[tokio::test]
async fn new_requests_wake_the_running_task() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let berth = Notification::start(directory.path(), &server.url()).await;
    let drain = wire::drain::Drain::default();
    berth.start_tasks(&drain);
    for position in 1..=20 {
        berth.ask(position, &berth.request("email", "483920")).await;
    }
    until(|| async { server.mails().len() }, |mails| *mails == 20).await;
    until(|| berth.deliveries(), |deliveries| deliveries.iter().all(|delivery| *delivery == sent())).await;
    drain.stop.cancel();
}
