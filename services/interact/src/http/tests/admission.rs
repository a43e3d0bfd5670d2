//! Who gets a socket, who keeps it, and with which code the others lose it.

use std::time::{Duration, Instant};

use kit::{AllocationId, Span};
use serde_json::json;

use super::{PATIENCE, Seen, World};
use crate::InteractConfig;
use crate::ports::{Closed, Standing};

#[actix_web::test]
async fn a_token_in_the_header_or_in_the_first_message_is_the_same() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    let mut by_header = world.watch(&ada, redis, "").await;
    assert_eq!(by_header.frame().await, json!({"type": "ready"}));
    let mut by_message = world.connect(&format!("/interact/allocations/{redis}/logs"), &[]).await;
    by_message.say(json!({"event": "AUTH", "token": ada.token}).to_string()).await;
    assert_eq!(by_message.frame().await, json!({"type": "ready"}));
}

#[actix_web::test]
async fn a_wrong_token_is_4401() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let path = format!("/interact/allocations/{}/logs", world.allocation(&ada, Standing::Live));
    let mut by_header = world.connect(&path, &[("authorization", "Bearer nonsense")]).await;
    assert_eq!(by_header.refusal().await, ("unauthenticated".into(), 4401));
    let mut by_message = world.connect(&path, &[]).await;
    by_message.say(r#"{"event":"AUTH","token":"nonsense"}"#).await;
    assert_eq!(by_message.refusal().await, ("unauthenticated".into(), 4401));
    world.gate.close(ada.session);
    let mut closed = world.connect(&path, &[("authorization", &format!("Bearer {}", ada.token))]).await;
    assert_eq!(closed.refusal().await, ("session_closed".into(), 4401));
}

#[actix_web::test]
async fn a_strangers_allocation_is_not_found_and_an_unverified_user_is_refused() {
    let world = World::with_defaults().await;
    let (ada, bob, eve) = (world.user(true), world.user(true), world.user(false));
    let redis = world.allocation(&ada, Standing::Live);
    assert_eq!(world.watch(&bob, redis, "").await.refusal().await, ("allocation_not_found".into(), 4404));
    let nothing = AllocationId::mint(&world.ambient);
    assert_eq!(world.watch(&ada, nothing, "").await.refusal().await, ("allocation_not_found".into(), 4404));
    let own = world.allocation(&eve, Standing::Live);
    assert_eq!(world.watch(&eve, own, "").await.refusal().await, ("user_not_verified".into(), 4403));
}

#[actix_web::test]
async fn a_page_of_another_host_is_refused() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    let path = format!("/interact/allocations/{redis}/logs");
    let bearer = format!("Bearer {}", ada.token);
    let foreign = [("authorization", bearer.as_str()), ("origin", "http://evil.example")];
    assert_eq!(world.connect(&path, &foreign).await.refusal().await, ("forbidden".into(), 4403));
    let own = format!("http://{}", world.address);
    let mut own = world.connect(&path, &[("authorization", &bearer), ("origin", &own)]).await;
    assert_eq!(own.frame().await, json!({"type": "ready"}));
}

#[actix_web::test]
async fn who_says_nothing_in_time_is_4408() {
    let config = InteractConfig { first_message: Span::millis(50), ..InteractConfig::default() };
    let world = World::start(config).await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    for path in [format!("/interact/allocations/{redis}/logs"), "/interact".to_owned()] {
        assert_eq!(world.connect(&path, &[]).await.refusal().await.1, 4408, "{path}");
    }
}

#[actix_web::test]
async fn too_many_who_say_nothing_are_4429_and_make_place_when_they_go() {
    let config =
        InteractConfig { unauthenticated_per_address: 2, first_message: Span::seconds(60), ..Default::default() };
    let world = World::start(config).await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    let path = format!("/interact/allocations/{redis}/logs");
    let mut waiting = (world.connect(&path, &[]).await, world.connect("/interact", &[]).await);
    assert_eq!(world.connect(&path, &[]).await.refusal().await, ("rate_limited".into(), 4429));
    waiting.0.say(json!({"event": "AUTH", "token": ada.token}).to_string()).await;
    assert_eq!(waiting.0.frame().await, json!({"type": "ready"}));
    assert_eq!(world.watch(&ada, redis, "").await.frame().await, json!({"type": "ready"}));
}

#[actix_web::test]
async fn an_odd_first_message_is_answered_with_what_is_wrong() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let path = format!("/interact/allocations/{}/logs", world.allocation(&ada, Standing::Live));
    for (message, code) in [
        ("hello", "invalid_input"),
        (r#"{"event":"AUTH"}"#, "invalid_input"),
        (r#"{"event":"AUTH","token":"x","more":1}"#, "unknown_field"),
    ] {
        let mut client = world.connect(&path, &[]).await;
        client.say(message).await;
        assert_eq!(client.refusal().await, (code.into(), 1008), "{message}");
    }
}

#[actix_web::test]
async fn a_closed_session_loses_its_sockets_within_five_seconds_and_no_other_does() {
    let world = World::with_defaults().await;
    let (ada, bob) = (world.user(true), world.user(true));
    let mut adas = world.watch(&ada, world.allocation(&ada, Standing::Live), "").await;
    let mut bobs = world.watch(&bob, world.allocation(&bob, Standing::Live), "").await;
    adas.frame().await;
    bobs.frame().await;
    let began = Instant::now();
    world.closures.tell(Closed { user: ada.id, session: Some(ada.session), at: world.ambient.now() });
    assert_eq!(adas.refusal().await, ("session_closed".into(), 4401));
    assert!(began.elapsed() < Duration::from_secs(5));
    world.logs.write("still here");
    assert_eq!(bobs.frame().await["line"], "still here");
}

#[actix_web::test]
async fn a_closing_that_was_missed_is_found_when_listening_again() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let mut client = world.watch(&ada, world.allocation(&ada, Standing::Live), "").await;
    client.frame().await;
    let began = Instant::now();
    world.gate.close(ada.session);
    world.closures.break_off();
    assert_eq!(client.refusal().await, ("session_closed".into(), 4401));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[actix_web::test]
async fn a_drain_hands_every_socket_over_with_1012() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    let mut watching = world.watch(&ada, redis, "").await;
    watching.frame().await;
    let mut silent = world.connect("/interact", &[]).await;
    world.drain.handover.cancel();
    assert_eq!(watching.refusal().await, ("shutting_down".into(), 1012));
    assert_eq!(silent.refusal().await, ("shutting_down".into(), 1012));
    world.drain.stop.cancel();
    world.drain.tracker.close();
    tokio::time::timeout(PATIENCE, world.drain.tracker.wait()).await.expect("nothing is left open");
}

#[actix_web::test]
async fn a_plain_request_and_a_wrong_option_are_answered_over_http() {
    let world = World::with_defaults().await;
    let app = crate::http::tests::plain(&world, "/interact").await;
    assert_eq!(app, (426, "upgrade_required".to_owned()));
    let ada = world.user(true);
    let redis = world.allocation(&ada, Standing::Live);
    let logs = format!("/interact/allocations/{redis}/logs");
    assert_eq!(crate::http::tests::plain(&world, &logs).await.0, 426);
    for (query, code) in [("tail=x", "invalid_input"), ("since=x", "invalid_input"), ("lines=1", "unknown_field")] {
        assert_eq!(crate::http::tests::plain(&world, &format!("{logs}?{query}")).await, (400, code.to_owned()));
    }
}

#[actix_web::test]
async fn a_client_that_leaves_is_forgotten() {
    let world = World::with_defaults().await;
    let ada = world.user(true);
    let mut client = world.watch(&ada, world.allocation(&ada, Standing::Live), "").await;
    client.frame().await;
    client.0.close(None).await.unwrap();
    while let Seen::Frame(_) = client.next().await {}
    drop(client);
    testkit::until(|| async { world.drain.tracker.len() }, |open| *open == 1).await;
}
