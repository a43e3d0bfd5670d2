//! What makes no sense is refused with a code and the field at fault, and changes nothing.

use berth_tests::person::nothing;
use berth_tests::platform::Topology;
use berth_tests::{Berth, Person};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An order that differs in one place from a good one, and what it is answered.
struct Wrong {
    change: Value,
    status: u16,
    code: &'static str,
    field: &'static str,
}

fn wrong(change: Value, status: u16, code: &'static str, field: &'static str) -> Wrong {
    Wrong { change, status, code, field }
}

fn wrong_orders() -> Vec<Wrong> {
    vec![
        wrong(json!({"privileged": true}), 400, "unknown_field", "privileged"),
        wrong(json!({"limits": {"gpu": 1}}), 400, "unknown_field", "limits.gpu"),
        wrong(json!({"machine_id": null}), 400, "invalid_input", "machine_id"),
        wrong(json!({"machine_id": "redis"}), 400, "invalid_input", "machine_id"),
        wrong(json!({"machine_id": "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a"}), 404, "machine_not_found", ""),
        wrong(json!({"name": 5}), 400, "invalid_input", "name"),
        wrong(json!({"name": ""}), 400, "invalid_input", "name"),
        wrong(json!({"name": "No Spaces"}), 400, "invalid_input", "name"),
        wrong(json!({"name": "x".repeat(64)}), 400, "invalid_input", "name"),
        wrong(json!({"name": "nul\0"}), 400, "invalid_input", ""),
        wrong(json!({"properties": []}), 400, "invalid_input", "properties"),
        wrong(json!({"properties": {"password": {"a": 1}}}), 400, "invalid_input", "properties.password"),
        wrong(json!({"properties": {"password": 12_345_678}}), 422, "invalid_property", "properties.password"),
        wrong(json!({"properties": {"password": "short"}}), 422, "invalid_property", "properties.password"),
        wrong(
            json!({"properties": {"password": "has a space; rm -rf /"}}),
            422,
            "invalid_property",
            "properties.password",
        ),
        wrong(json!({"properties": {"colour": "blue"}}), 422, "invalid_property", "properties.colour"),
        wrong(json!({"limits": {"cpu": 64}}), 422, "limit_above_maximum", "limits.cpu"),
        wrong(json!({"limits": {"memory": "1TiB"}}), 422, "limit_above_maximum", "limits.memory"),
        wrong(json!({"limits": {"memory": "lots"}}), 400, "invalid_input", "limits.memory"),
        wrong(json!({"limits": {"cpu": -1}}), 400, "invalid_input", "limits.cpu"),
        wrong(json!({"limits": {"pids": 1e9}}), 400, "invalid_input", "limits.pids"),
        wrong(json!({"limits": {"memory": 1}}), 400, "invalid_input", "limits.memory"),
        wrong(json!({"volumes": {"nothing": "64MiB"}}), 400, "invalid_input", "volumes.nothing"),
        wrong(json!({"volumes": {"data": "1KiB"}}), 400, "invalid_input", "volumes.data"),
        wrong(json!({"site": "../etc"}), 400, "invalid_input", "site"),
        wrong(json!({"site": "elsewhere"}), 404, "site_not_found", "site"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_makes_no_sense_is_refused_with_its_field() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let machine = ada.machine("redis").await;
    for Wrong { change, status, code, field } in wrong_orders() {
        let body = berth_tests::machine::with(json!({"machine_id": machine}), change.clone());
        let refusal = ada.post("/allocations", &body).await.refusal();
        let told = (refusal.status, refusal.code.as_str(), refusal.field.as_deref().unwrap_or_default());
        assert_eq!(told, (status, code, field), "for {change}");
    }
    for body in ["{", "", "[]", "null", "{} {}", "\"text\""] {
        let reply = ada.send_text(Method::POST, "/allocations", "application/json", body).await;
        reply.expect_refusal(400, "invalid_input");
    }
    nothing_changed(&berth, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_large_deep_or_of_another_kind_are_refused() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let deep = format!("{{\"properties\": {}", "[".repeat(10_000));
    let in_a_field = format!("{{\"properties\": {{\"password\": {}{}}}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (path, body, status, code) in [
        ("/allocations", format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20)), 413, "body_too_large"),
        ("/user/login", " ".repeat(1 << 20), 413, "body_too_large"),
        ("/allocations", deep, 400, "invalid_input"),
        ("/allocations", in_a_field, 400, "invalid_input"),
        ("/allocations", "{\"name\": \"a\\u0000b\"}".to_owned(), 400, "invalid_input"),
        ("/user/signup", "{\"email\": \"a\0b\"}".to_owned(), 400, "invalid_input"),
    ] {
        let reply = ada.send_text(Method::POST, path, "application/json", body).await;
        reply.expect_refusal(status, code);
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let reply = ada.send_text(Method::POST, "/allocations", kind, "{}").await;
        reply.expect_refusal(415, "unsupported_media_type");
    }
    nothing_changed(&berth, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_queries_that_lead_nowhere_are_refused() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    for (method, path, status, code, field) in [
        (Method::GET, "/nothing", 404, "route_not_found", ""),
        (Method::GET, "/allocations/../../etc/passwd", 404, "route_not_found", ""),
        (Method::PUT, "/allocations", 405, "method_not_allowed", ""),
        (Method::DELETE, "/user/login", 405, "method_not_allowed", ""),
        (Method::GET, "/allocations/nonsense", 400, "invalid_input", "id"),
        (Method::GET, "/allocations/%00", 400, "invalid_input", "id"),
        (Method::GET, "/machines/%00", 400, "invalid_input", "id"),
        (Method::GET, "/machines?name=%00", 400, "invalid_input", ""),
        (Method::GET, "/allocations?name=a%00b", 400, "invalid_input", ""),
        (Method::GET, "/allocations?colour=blue", 400, "unknown_field", "colour"),
        (Method::GET, "/allocations?limit=0", 400, "invalid_input", "limit"),
        (Method::GET, "/allocations?limit=many", 400, "invalid_input", ""),
        (Method::GET, "/allocations?cursor=%F0%9F%92%A5", 400, "invalid_input", "cursor"),
        (Method::GET, "/allocations?state=flying", 400, "invalid_input", "state"),
        (Method::GET, "/allocations?sort=name;drop", 400, "invalid_input", "sort"),
        (
            Method::GET,
            "/allocations/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a?wait_for=flying",
            400,
            "invalid_input",
            "wait_for",
        ),
    ] {
        let refusal = ada.send(method.clone(), path, &[], None).await.refusal();
        // A front door refuses such a path itself, and knows no fields.
        let field = if path.contains("/%00") && Topology::chosen().has_door() { "" } else { field };
        // Queries name their field where the parser tells it.
        let named = refusal.field.as_deref().filter(|_| !field.is_empty()).unwrap_or_default();
        assert_eq!((refusal.status, refusal.code.as_str(), named), (status, code, field), "{method} {path}");
    }
    let allowed = ada.send(Method::PUT, "/allocations", &[], None).await;
    assert_eq!(allowed.header("allow"), Some("GET, POST"));
    for (name, value) in [("berth-tenant", "nobody"), ("idempotency-key", ""), ("idempotency-key", &"k".repeat(200))] {
        let body = json!({"machine_id": ada.machine("redis").await});
        let refusal = ada.send(Method::POST, "/allocations", &[(name, value)], Some(&body)).await.refusal();
        let field = refusal.field.unwrap_or_default().to_lowercase();
        assert_eq!((refusal.status, refusal.code.as_str(), field.as_str()), (400, "invalid_input", name));
    }
    nothing_changed(&berth, &ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_does_not_hurt() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let huge = format!("GET /machines HTTP/1.1\r\nhost: x\r\nx-huge: {}\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("GET /machines HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-one: 1\r\n".repeat(5_000));
    for request in [huge.as_str(), &many, "GET /\0 HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n"] {
        let line = status_line(&berth, request.as_bytes()).await;
        assert!(line.starts_with("HTTP/1.1 4"), "{line:?} to {:?}", &request[..20]);
    }
    assert_eq!(ada.get("/healthz").await.expect(200)["status"], "ok");
    nothing_changed(&berth, &ada).await;
}

/// The first line of what is answered to some bytes.
async fn status_line(berth: &Berth, request: &[u8]) -> String {
    let address = berth.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut answer = Vec::new();
    // The server may answer and hang up before it has read everything.
    let send = async { drop(writer.write_all(request).await) };
    let read =
        async { while !answer.ends_with(b"\r\n") && reader.read_buf(&mut answer).await.is_ok_and(|read| read > 0) {} };
    tokio::join!(send, read);
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

async fn nothing_changed(berth: &Berth, person: &Person) {
    assert_eq!(person.used().await, nothing());
    assert_eq!(person.get("/allocations").await.expect(200)["items"], json!([]));
    assert!(berth.engine().all().is_empty());
}
