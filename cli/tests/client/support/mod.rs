//! A platform that answers what a test says, and the client as a person runs it.

pub mod client;
pub mod platform;

use serde_json::{Value, json};

use client::Client;
use platform::{Asked, Platform, Reply, list, nothing_there};

pub const ID: &str = "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a";

pub const TENANT: &str = "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8b";

pub fn allocation(state: &str) -> Value {
    let ports = json!([{"name": "redis", "container_port": 6379, "host_port": 20001, "protocol": "tcp"}]);
    json!({"id": ID, "name": "demo", "machine_id": "m", "desired": "running", "state": state, "reason": null,
           "host": "127.0.0.1", "ports": ports})
}

pub fn user() -> Value {
    json!({"id": ID, "tenant_id": TENANT, "email": "ada@example.org", "first_name": "Ada", "last_name": "Lovelace", "verified": true,
           "admin": false, "suspended": false})
}

/// A platform with one Redis named demo in a state, one machine named redis, and one user.
pub fn usual(asked: &Asked, state: &str) -> Reply {
    match asked.line.as_str() {
        "GET /machines" => list(&[json!({"id": ID, "name": "redis", "revision": 3})]),
        "GET /allocations" if asked.query.contains("name=other") => list(&[]),
        "GET /allocations" => list(&[allocation(state)]),
        "GET /user" if asked.query.contains("nobody") => list(&[]),
        "GET /user" => list(&[user()]),
        "GET /user/me" => Reply::Json(200, user()),
        _ => nothing_there(),
    }
}

/// A platform that gives one answer more than the usual, and somebody who is logged in there.
pub async fn answering(line: &str, reply: Reply) -> (Platform, Client) {
    let line = line.to_owned();
    let answer = move |asked: &Asked, _| if asked.line == line { reply.clone() } else { usual(asked, "running") };
    let platform = Platform::start(answer).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    (platform, client)
}

/// Runs a command that must succeed: gives the one request on `line`, and what people saw.
pub async fn done(line: &str, reply: Reply, command: &[&str]) -> (Asked, String) {
    let (platform, client) = answering(line, reply).await;
    let ran = client.run_words(command).await;
    assert_eq!(ran.code, 0, "{command:?}: {ran:?}");
    let asked = platform.asked(line);
    assert_eq!(asked.len(), 1, "{command:?} asks {line}");
    (asked[0].clone(), ran.out)
}
