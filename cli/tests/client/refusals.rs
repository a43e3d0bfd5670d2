//! What goes wrong: each kind has its sentence, its problem and its exit code.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::platform::{Platform, Reply};
use crate::support::usual;

#[tokio::test]
async fn each_refusal_has_its_sentence_its_problem_and_its_exit_code() {
    let refusals = [(400, 2), (401, 3), (403, 4), (404, 5), (409, 6), (429, 1), (500, 1), (504, 7)];
    for (status, code) in refusals {
        let platform = Platform::start(move |_, _| Reply::Problem(status, "a_code", vec![])).await;
        let client = Client::logged_in(&platform.url, "a", "r");
        let ran = client.run("quota").await;
        assert_eq!((ran.code, ran.err.as_str()), (code, "berth: It is a_code.\n"), "{status}");
        let problem: Value = serde_json::from_str(&client.run("--json quota").await.err).unwrap();
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!("a_code")));
    }
}

#[tokio::test]
async fn nobody_listening_not_logged_in_and_nothing_of_that_name_are_told_apart() {
    let client = Client::logged_in("http://127.0.0.1:1", "a", "r");
    let ran = client.run("ls").await;
    assert!(ran.code == 7 && ran.err.contains("cannot be reached"), "{ran:?}");
    let platform = Platform::start(|asked, _| usual(asked, "running")).await;
    assert_eq!(Client::new(&platform.url).run("ls").await.code, 3);
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("show other").await;
    assert_eq!((ran.code, ran.err.as_str()), (5, "berth: There is no allocation named `other`.\n"));
    assert_eq!(client.run("show No_Name").await.code, 2);
    assert_eq!(client.run("login --email a@b.org").await.code, 2, "nobody can be asked for the password");
}
