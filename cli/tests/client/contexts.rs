//! Contexts: two platforms, each with its own login.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::support::client::{Client, Ran};
use crate::support::platform::{Platform, Reply, nothing_there};

/// Gives `token` to whoever logs in, and tells everybody that they are `who`.
async fn platform(who: &'static str, token: &'static str) -> Platform {
    Platform::start(move |asked, _| match asked.line.as_str() {
        "POST /user/login" => Reply::Json(200, json!({"access_token": token, "refresh_token": "r"})),
        "GET /user/me" if asked.header("authorization") == format!("Bearer {token}") => {
            Reply::Json(200, json!({"id": "u", "email": who, "verified": true}))
        }
        "GET /user/me" => Reply::Problem(401, "unauthenticated", vec![]),
        _ => nothing_there(),
    })
    .await
}

async fn run(client: &Client, line: &str) -> Ran {
    client.run_with(&line.split_whitespace().collect::<Vec<_>>(), &[], "").await
}

#[tokio::test]
async fn two_platforms_have_a_login_each_and_one_is_meant() {
    let (home, work) = (platform("ada@home", "one").await, platform("ada@work", "two").await);
    let client = Client::new("");
    assert_eq!(run(&client, &format!("context add home {}/", home.url)).await.code, 0);
    assert_eq!(run(&client, &format!("context add work {}", work.url)).await.code, 0);
    for (name, email) in [("home", "ada@home"), ("work", "ada@work")] {
        let ran = run(&client, &format!("--context {name} login --email {email} --password hunter2hunter2")).await;
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    assert_eq!(run(&client, "context use work").await.code, 0);
    let kept = client.config.path().join("berth/contexts.json");
    assert_eq!(std::fs::metadata(kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(run(&client, "whoami").await.out.contains("ada@work"));
    assert!(run(&client, "whoami --context home").await.out.contains("ada@home"));
    let by_environment = client.run_with(&["whoami"], &[("BERTH_CONTEXT", "home")], "").await;
    assert!(by_environment.out.contains("ada@home"), "{by_environment:?}");
    let list = run(&client, "--json context").await.json();
    let shown: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["name"].as_str().unwrap(), item["current"].as_bool().unwrap(), item["login"].as_str()))
        .collect();
    assert_eq!(shown, [("default", false, None), ("home", false, Some("ada@home")), ("work", true, Some("ada@work"))]);
    let table = run(&client, "context ls").await.out;
    assert!(table.contains(&format!("*  work     {}", work.url)) && !table.contains("two"), "{table}");
}

#[tokio::test]
async fn a_url_wins_and_has_a_login_of_its_own() {
    let (home, work) = (platform("ada@home", "one").await, platform("ada@work", "two").await);
    let client = Client::new("");
    run(&client, &format!("context add work {}", work.url)).await;
    run(&client, "context use work").await;
    run(&client, "login --email ada@work --password hunter2hunter2").await;
    assert_eq!(run(&client, &format!("--url {} whoami", home.url)).await.code, 3);
    assert_eq!(run(&client, &format!("--url {} whoami", work.url)).await.code, 3, "a context's login is its own");
    let by_environment = client.run_with(&["whoami"], &[("BERTH_URL", &home.url)], "").await;
    assert_eq!(by_environment.code, 3, "{by_environment:?}");
    assert!(home.asked("GET /user/me").is_empty());
    let flag = client.run_with(&["--context", "work", "whoami"], &[("BERTH_URL", &home.url)], "").await;
    assert!(flag.out.contains("ada@work"), "{flag:?}");
}

#[tokio::test]
async fn a_context_goes_with_its_login() {
    let work = platform("ada@work", "two").await;
    let client = Client::new("");
    let add = format!("context add work {}", work.url);
    run(&client, &add).await;
    run(&client, "--context work login --email ada@work --password hunter2hunter2").await;
    run(&client, "context use work").await;
    assert_eq!(run(&client, "context rm work").await.code, 2, "nobody can be asked");
    assert_eq!(run(&client, "context rm work --yes").await.code, 0);
    assert!(!std::fs::read_to_string(client.credentials()).unwrap().contains("two"));
    assert_eq!(run(&client, "--context work whoami").await.code, 5);
    assert_eq!(run(&client, "context use work").await.code, 5);
    run(&client, &add).await;
    assert_eq!(run(&client, "--context work whoami").await.code, 3);
}

#[tokio::test]
async fn what_is_no_platform_is_not_named() {
    let client = Client::new("");
    assert_eq!(run(&client, "context add work ftp://x").await.code, 2);
    assert_eq!(run(&client, "context rm default --yes").await.code, 2);
    let ran = run(&client, "--context nowhere ls").await;
    assert_eq!((ran.code, ran.err.contains("berth context ls")), (5, true), "{ran:?}");
}
