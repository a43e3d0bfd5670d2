//! What is different when a person sits at a terminal: colours, questions before what cannot be undone, passwords unseen.

use crate::support::client::Client;
use crate::support::platform::{Platform, Reply, empty};
use crate::support::{ID, allocation, answering, user, usual};

#[tokio::test]
async fn colours_come_with_a_terminal_unless_somebody_minds() {
    let platform = Platform::start(|asked, _| usual(asked, "failed")).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let red = "\u{1b}[31mfailed\u{1b}[0m";
    let ran = client.run_on_terminal("ls", &[], "").await;
    assert!(ran.code == 0 && ran.out.contains(red), "{ran:?}");
    for (line, environment) in
        [("ls", ("NO_COLOR", "1")), ("ls", ("TERM", "dumb")), ("ls --color never", ("X", "")), ("ls --json", ("X", ""))]
    {
        let ran = client.run_on_terminal(line, &[environment], "").await;
        assert!(ran.code == 0 && !ran.out.contains('\u{1b}'), "{line} {environment:?}: {ran:?}");
    }
    assert!(client.run_on_terminal("ls", &[("NO_COLOR", "")], "").await.out.contains(red));
}

#[tokio::test]
async fn what_cannot_be_undone_is_done_after_a_yes() {
    let line = format!("DELETE /allocations/{ID}");
    let (platform, client) = answering(&line, Reply::Json(200, allocation("removed"))).await;
    let ran = client.run_on_terminal("rm demo", &[], "n\n").await;
    assert!(ran.code == 1 && ran.out.contains("demo is removed with its data. Go on? [y/N]"), "{ran:?}");
    assert!(ran.out.contains("Nothing was done.") && platform.asked(&line).is_empty(), "{ran:?}");
    assert_eq!(client.run_on_terminal("rm demo", &[], "y\n").await.code, 0);
    assert_eq!(client.run_on_terminal("rm demo --yes", &[], "").await.code, 0);
    assert_eq!(platform.asked(&line).len(), 2);
}

#[tokio::test]
async fn a_suspension_is_asked_for_with_all_that_it_does() {
    let line = format!("POST /user/{ID}/suspension");
    let (platform, client) = answering(&line, Reply::Json(200, user())).await;
    let ran = client.run_on_terminal("admin suspend ada@example.org", &[], "n\n").await;
    let question = "open logins end within seconds, and the person's machines stop. Go on? [y/N]";
    assert!(ran.code == 1 && ran.out.contains(question) && platform.asked(&line).is_empty(), "{ran:?}");
}

#[tokio::test]
async fn an_account_is_deleted_by_typing_its_address() {
    let (platform, client) = answering("DELETE /user/me", empty(202)).await;
    assert_eq!(client.run_on_terminal("delete-account", &[], "y\n").await.code, 1);
    assert!(platform.asked("DELETE /user/me").is_empty());
    assert_eq!(client.run_on_terminal("delete-account", &[], "ada@example.org\n").await.code, 0);
    assert_eq!(platform.asked("DELETE /user/me").len(), 1);
}

#[tokio::test]
async fn a_lost_password_is_asked_for_step_by_step_and_never_shown() {
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        "POST /user/otp" => empty(202),
        "POST /user/password-reset" => empty(204),
        _ => usual(asked, "running"),
    })
    .await;
    let client = Client::new(&platform.url);
    let ran =
        client.run_on_terminal("password-reset", &[("BERTH_NEW_PASSWORD", "new-new-new-1")], "a@b.org\n012345\n").await;
    assert!(ran.code == 0 && !ran.out.contains("new-new-new-1"), "{ran:?}");
    let asked = &platform.asked("POST /user/otp")[0].body;
    assert_eq!((&asked["email"], &asked["purpose"]), (&"a@b.org".into(), &"reset".into()));
    assert_eq!(platform.asked("POST /user/password-reset")[0].body["otp"], "012345");
}
