//! What comes over a socket: all of it, once, in order, or a word on what is missing.

use kit::Span;
use serde_json::json;

use super::{Seen, World, texts};
use crate::InteractConfig;
use crate::ports::Standing;

#[actix_web::test]
async fn stored_lines_come_first_then_live_ones() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    world.logs.write("one");
    world.logs.write("two");
    let mut client = world.watch(&ada, redis, "?tail=1").await;
    let (lines, ready) = client.lines().await;
    assert_eq!((texts(&lines), ready), (vec!["two"], json!({"type": "ready"})));
    world.logs.write("three");
    let line = client.frame().await;
    assert_eq!((&line["type"], &line["stream"], &line["line"]), (&json!("log"), &json!("stdout"), &json!("three")));
    world.logs.end("stopped");
    assert_eq!(client.frame().await, json!({"type": "end", "reason": "stopped"}));
    assert_eq!(client.next().await, Seen::Closed(1000));
}

#[actix_web::test]
async fn who_comes_back_with_the_last_seq_misses_nothing_and_gets_nothing_twice() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    let (mut got, mut since) = (Vec::new(), String::new());
    for round in 0..5 {
        world.logs.write(&format!("stored {round}"));
        let mut client = world.watch(&ada, redis, &since).await;
        let (lines, _) = client.lines().await;
        got.extend(lines);
        world.logs.write(&format!("live {round}"));
        got.push(client.frame().await);
        since = format!("?since={}", got.last().unwrap()["seq"].as_str().unwrap());
        drop(client);
        world.logs.write(&format!("away {round}"));
    }
    let expected: Vec<String> =
        (0..5).flat_map(|round| ["stored", "live", "away"].map(|what| format!("{what} {round}"))).collect();
    assert_eq!(texts(&got), expected[..expected.len() - 1]);
    let seqs: Vec<&str> = got.iter().map(|line| line["seq"].as_str().unwrap()).collect();
    assert!(seqs.is_sorted(), "{seqs:?}");
}

#[actix_web::test]
async fn a_slow_client_is_told_exactly_how_many_lines_it_missed() {
    const LINES: usize = 30_000;
    let config = InteractConfig { backlog_frames: 100, ..InteractConfig::default() };
    let world = World::start(config).await;
    let ada = world.user(true);
    let mut client = world.watch(&ada, world.allocation(&ada, Standing::Live), "").await;
    assert_eq!(client.frame().await, json!({"type": "ready"}));
    // More than the buffers of both ends of the connection hold, while the client does not read.
    let text = "x".repeat(1000);
    for number in 1..=LINES {
        world.logs.write(&text);
        if number % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    world.logs.end("stopped");
    let (mut lines, mut dropped) = (0, 0);
    loop {
        let frame = client.frame().await;
        match frame["type"].as_str().unwrap() {
            "log" => lines += 1,
            "gap" => dropped += frame["dropped"].as_u64().unwrap() as usize,
            "end" => break,
            other => panic!("{other}"),
        }
    }
    assert!(dropped > 0);
    assert_eq!(lines + dropped, LINES);
}

#[actix_web::test]
async fn a_slow_client_loses_nothing_of_what_is_stored() {
    const LINES: usize = 5_000;
    let config = InteractConfig { backlog_frames: 10, ..InteractConfig::default() };
    let world = World::start(config).await;
    let ada = world.user(true);
    (0..LINES).for_each(|number| world.logs.write(&number.to_string()));
    let mut client = world.watch(&ada, world.allocation(&ada, Standing::Live), "").await;
    let (lines, ready) = client.lines().await;
    assert_eq!(ready, json!({"type": "ready"}));
    let expected: Vec<String> = (0..LINES).map(|number| number.to_string()).collect();
    assert_eq!(texts(&lines), expected);
}

#[actix_web::test]
async fn of_an_allocation_at_rest_the_end_says_how_it_rests() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    world.logs.write("the last words");
    for (query, reason) in [("", "failed"), ("?follow=false", "complete")] {
        let mut client = world.watch(&ada, world.allocation(&ada, Standing::AtRest("failed".into())), query).await;
        let (lines, end) = client.lines().await;
        assert_eq!((texts(&lines), end), (vec!["the last words"], json!({"type": "end", "reason": reason})));
        assert_eq!(client.next().await, Seen::Closed(1000));
    }
}

#[actix_web::test]
async fn who_waits_for_an_allocation_that_fails_before_it_runs_is_told() {
    let config = InteractConfig { rest: Span::millis(5), ..InteractConfig::default() };
    let world = World::start(config).await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    let mut client = world.watch(&ada, redis, "").await;
    assert_eq!(client.frame().await, json!({"type": "ready"}));
    world.allocations.add(ada.tenant, redis, Standing::AtRest("failed".into()));
    assert_eq!(client.frame().await, json!({"type": "end", "reason": "failed"}));
    assert_eq!(client.next().await, Seen::Closed(1000));
}

#[actix_web::test]
async fn older_clients_name_a_log_by_message_and_may_name_another() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    world.logs.write("one");
    let send = json!({"event": "SEND_LOGS", "containerId": redis, "token": ada.token}).to_string();
    let mut client = world.connect("/interact", &[]).await;
    client.say(&send).await;
    let (lines, ready) = client.lines().await;
    assert_eq!((texts(&lines), ready), (vec!["one"], json!({"type": "ready"})));
    client.say(json!({"event": "CLOSE_LOGS", "containerId": redis, "token": ada.token}).to_string()).await;
    client.say("what?").await;
    assert_eq!(client.frame().await["code"], "invalid_input");
    world.logs.write("two");
    client.say(&send).await;
    assert_eq!(texts(&client.lines().await.0), ["one", "two"]);
    let bob = world.user(true);
    client.say(json!({"event": "SEND_LOGS", "containerId": redis, "token": bob.token}).to_string()).await;
    assert_eq!(client.refusal().await, ("allocation_not_found".into(), 4404));
}

#[actix_web::test]
async fn an_older_client_that_only_closes_was_never_admitted() {
    let world = World::with_defaults().await;
    let mut client = world.connect("/interact", &[]).await;
    client.say(r#"{"event":"CLOSE_LOGS"}"#).await;
    assert_eq!(client.refusal().await, ("unauthenticated".into(), 4401));
}
