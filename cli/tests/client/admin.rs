//! What only admins may do, request by request.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::platform::{Platform, Reply, empty, list, nothing_there};
use crate::support::{ID, TENANT, allocation, answering, done, user, usual};

#[tokio::test]
async fn accounts_are_listed_with_filters() {
    let words =
        ["admin", "users", "--verified", "true", "--suspended", "false", "--sort", "-created_at", "--limit", "20"];
    let (asked, shown) = done("GET /user", list(&[user()]), &words).await;
    assert_eq!(asked.query, "verified=true&suspended=false&sort=-created_at&limit=20");
    assert!(shown.contains("ada@example.org  Ada Lovelace  yes       no     no"), "{shown}");
    assert!(!shown.contains(TENANT), "a table with it is too wide: {shown}");
    let (_, shown) =
        done(&format!("GET /user/{ID}"), Reply::Json(200, user()), &["admin", "user", "ada@example.org"]).await;
    assert!(shown.contains("email      ada@example.org"), "{shown}");
    assert!(shown.contains(&format!("tenant     {TENANT}\n")), "{shown}");
}

#[tokio::test]
async fn accounts_are_changed_by_address_or_id() {
    for (words, line) in [
        (vec!["suspend", "ada@example.org", "--yes"], format!("POST /user/{ID}/suspension")),
        (vec!["resume", "ada@example.org"], format!("DELETE /user/{ID}/suspension")),
        (vec!["grant", ID], format!("POST /user/{ID}/admin")),
        (vec!["revoke", ID, "--yes"], format!("DELETE /user/{ID}/admin")),
        (vec!["delete-user", ID, "--yes"], format!("DELETE /user/{ID}")),
    ] {
        let words: Vec<&str> = ["admin"].into_iter().chain(words).collect();
        let (_, shown) = done(&line, Reply::Json(200, user()), &words).await;
        assert!(shown.starts_with(words[2]), "{shown}");
    }
}

#[tokio::test]
async fn a_suspension_says_how_soon_it_works_and_its_end_what_it_leaves() {
    let line = format!("DELETE /user/{ID}/suspension");
    let (_, shown) = done(&line, Reply::Json(200, user()), &["admin", "resume", "ada@example.org"]).await;
    let told = "ada@example.org may log in again; stopped machines stay stopped until they are started.\n";
    assert_eq!(shown, told);
    let help = Client::new("").run("admin suspend --help").await.out;
    assert!(help.contains("its logins end within seconds, and the person's machines stop"), "{help}");
}

#[tokio::test]
async fn what_others_would_feel_is_asked_for_and_nobody_is_named_in_vain() {
    let platform = Platform::start(|asked, _| usual(asked, "running")).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    for line in ["suspend ada@example.org", "delete-user ada@example.org", &format!("stop {ID}"), &format!("rm {ID}")] {
        assert_eq!(client.run(&format!("admin {line}")).await.code, 2, "{line}");
    }
    let ran = client.run("admin grant nobody@example.org").await;
    assert_eq!((ran.code, ran.err.as_str()), (5, "berth: There is no user named `nobody@example.org`.\n"));
}

#[tokio::test]
async fn who_would_take_their_own_rights_is_asked_and_others_are_not() {
    let line = format!("DELETE /user/{ID}/admin");
    for (me, code) in [
        (Reply::Json(200, user()), 2),
        (Reply::Problem(403, "scope_missing", vec![]), 2),
        (Reply::Json(200, json!({"id": TENANT})), 0),
    ] {
        let platform = Platform::start(move |asked, _| match asked.line.as_str() {
            "GET /user/me" => me.clone(),
            line if line.starts_with("DELETE ") => Reply::Json(200, user()),
            _ => usual(asked, "running"),
        })
        .await;
        let client = Client::logged_in(&platform.url, "a", "r");
        for user in ["ada@example.org", ID, &ID.to_uppercase()] {
            assert_eq!(client.run(&format!("admin revoke {user}")).await.code, code, "{user}");
        }
        assert_eq!(platform.asked(&line).is_empty(), code == 2);
        assert_eq!(client.run("admin revoke ada@example.org --yes").await.code, 0);
    }
}

#[tokio::test]
async fn the_audit_list_is_filtered_by_people_and_times() {
    let words = [
        "admin",
        "audit",
        "--actor",
        "ada@example.org",
        "--action",
        "allocation.stop",
        "--subject-kind",
        "allocation",
        "--since",
        "2026-01-01T00:00:00Z",
        "--limit",
        "5",
    ];
    let (asked, _) = done("GET /user/audit", list(&[]), &words).await;
    let query = format!(
        "actor={ID}&action=allocation.stop&subject_kind=allocation&since=2026-01-01T00%3A00%3A00.000000Z&limit=5"
    );
    assert_eq!(asked.query, query);
}

fn quota() -> Value {
    let limits =
        json!({"instances": 5, "cpu": 4.0, "memory": 4_294_967_296_u64, "disk": 21_474_836_480_u64, "ports": 10});
    json!({"limits": limits, "used": {"instances": 1}})
}

#[tokio::test]
async fn a_quota_is_shown_set_in_part_and_reset() {
    let path = format!("/allocations/quota/{ID}");
    let (_, shown) = done(&format!("GET {path}"), Reply::Json(200, quota()), &["admin", "quota", ID]).await;
    assert!(shown.contains("memory           4GiB"), "{shown}");
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        line if line.starts_with("GET /user/") => nothing_there(),
        _ => Reply::Json(200, quota()),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run(&format!("admin quota {ID} --instances 20 --memory 8GiB")).await.code, 0);
    let whole =
        json!({"instances": 20, "cpu": 4.0, "memory": 8_589_934_592_u64, "disk": 21_474_836_480_u64, "ports": 10});
    assert_eq!(platform.asked(&format!("PUT {path}"))[0].body, whole);
    let (_, shown) =
        done(&format!("DELETE {path}"), Reply::Json(200, quota()), &["admin", "quota", ID, "--reset"]).await;
    assert!(shown.contains("instances  1     5"), "{shown}");
}

#[tokio::test]
async fn a_quota_is_found_by_its_user_too() {
    let path = format!("/allocations/quota/{TENANT}");
    for (method, words) in [
        ("GET", vec!["ada@example.org"]),
        ("GET", vec![ID]),
        ("GET", vec![TENANT]),
        ("DELETE", vec!["ada@example.org", "--reset"]),
    ] {
        let line = format!("{method} {path}");
        let answered = line.clone();
        let platform = Platform::start(move |asked, _| match asked.line.as_str() {
            line if line == answered => Reply::Json(200, quota()),
            line if line == format!("GET /user/{ID}") => Reply::Json(200, user()),
            _ => usual(asked, "running"),
        })
        .await;
        let client = Client::logged_in(&platform.url, "a", "r");
        let ran = client.run_words(&[&["admin", "quota"], words.as_slice()].concat()).await;
        assert_eq!((ran.code, platform.asked(&line).len()), (0, 1), "{words:?}: {ran:?}");
    }
    let (platform, client) = answering(&format!("GET {path}"), Reply::Json(200, quota())).await;
    assert_eq!(client.run("admin quota nobody@example.org").await.code, 5);
    assert!(platform.asked(&format!("GET {path}")).is_empty());
}

#[tokio::test]
async fn a_key_that_may_not_read_accounts_sets_the_quota_of_a_tenant_by_its_id() {
    let line = format!("DELETE /allocations/quota/{TENANT}");
    let platform = Platform::start(|asked, _| match asked.line.as_str() {
        line if line.starts_with("GET /user/") => Reply::Problem(403, "scope_missing", vec![]),
        _ => Reply::Json(200, quota()),
    })
    .await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(client.run(&format!("admin quota {TENANT} --reset")).await.code, 0);
    assert_eq!(platform.asked(&line).len(), 1);
}

#[tokio::test]
async fn everybodys_allocations_are_listed_stopped_and_removed() {
    let (asked, shown) =
        done("GET /allocations", list(&[allocation("running")]), &["admin", "allocations", "--state", "running"]).await;
    assert_eq!(asked.query, "tenant_id=all&state=running&limit=200");
    assert!(shown.contains("demo") && shown.contains("running"), "{shown}");
    let line = format!("POST /allocations/{ID}/stop");
    done(&line, Reply::Json(202, allocation("stopping")), &["admin", "stop", ID, "--yes"]).await;
    let line = format!("DELETE /allocations/{ID}");
    let (asked, _) =
        done(&line, Reply::Json(202, allocation("removing")), &["admin", "rm", ID, "--force", "--yes"]).await;
    assert_eq!(asked.query, "force=true");
}

#[tokio::test]
async fn dead_letters_are_listed_and_sent_again() {
    let letter = json!({"id": ID, "kind": "welcome", "channel": "email", "recipient": "a@b.org", "attempts": 8, "reason": "mail_refused"});
    let (asked, shown) = done(
        "GET /notifications/dead-letters",
        list(&[letter]),
        &["admin", "dead-letters", "--channel", "email", "--user", ID],
    )
    .await;
    assert_eq!(asked.query, format!("channel=email&user_id={ID}&limit=100"));
    assert!(shown.contains("welcome  email    a@b.org  8      mail_refused"), "{shown}");
    let line = format!("POST /notifications/dead-letters/{ID}/resend");
    let (_, shown) = done(&line, empty(202), &["admin", "resend", ID]).await;
    assert_eq!(shown, format!("{ID} is tried again\n"));
    let (_, client) = answering(&line, Reply::Problem(403, "forbidden", vec![])).await;
    assert_eq!(client.run(&format!("admin resend {ID}")).await.code, 4);
}
