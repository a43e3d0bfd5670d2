//! Where requests go, what goes with them, and what is answered when nobody is there.

use berth_tests::door::Door;
use berth_tests::person::http_client;
use berth_tests::{Receiver, Reply};
use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

async fn ask(door: &Door, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Reply {
    let mut request = http_client().request(method.clone(), door.url(path)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::of(format!("{method} {path}"), request.send().await.expect("the door answers")).await
}

async fn get(door: &Door, path: &str, headers: &[(&str, &str)]) -> Reply {
    ask(door, Method::GET, path, headers, String::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_path_goes_to_the_service_that_owns_it() {
    let owners = [
        ("/user/login?a=b%20c", "user"),
        ("/machines", "machines"),
        ("/allocations/x/logs", "allocation"),
        ("/feed/x/like", "feed"),
        ("/notifications/webhooks", "notification"),
        ("/interact/allocations/x/logs", "interact"),
    ];
    let mut receivers = Vec::new();
    for (_, service) in owners {
        receivers.push((service, Receiver::start().await));
    }
    let place = |service: &str| {
        let receiver = receivers.iter().find(|(name, _)| *name == service);
        receiver.map_or("127.0.0.1:9".to_owned(), |(_, receiver)| receiver.address())
    };
    let door = Door::before_each(place, &[], |_| ()).await;
    for ((path, _), (_, receiver)) in owners.into_iter().zip(&receivers) {
        ask(&door, Method::POST, path, &[], "{\"a\": 1}".to_owned()).await.expect(200);
        let came = receiver.received();
        assert_eq!(came.len(), 1, "{path}");
        assert_eq!(
            (came[0].method.as_str(), came[0].path.as_str(), came[0].text.as_str()),
            ("POST", path, "{\"a\": 1}")
        );
    }
    for path in ["/", "/docs"] {
        let reply = door.raw("127.0.0.1", format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await;
        assert!(reply.starts_with("HTTP/1.1 307") && reply.contains("Location: /docs/"), "{reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_by_which_name_is_said_by_the_door_alone() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[]).await;
    let lies = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"), ("accept-encoding", "br")];
    get(&door, "/machines?q=a%2Fb", &lies).await.expect(200);
    let came = receiver.until("the request", |_| true).await;
    assert_eq!(came.header("x-forwarded-for"), "127.0.0.1");
    assert_eq!(came.header("x-forwarded-proto"), "http");
    assert_eq!(came.header("accept-encoding"), "");
    assert_eq!(came.header("host"), door.address);
    assert_eq!(came.path, "/machines?q=a%2Fb");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_before_a_proxy_is_believed_of_that_proxy_only() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[("DOOR_PROXIES", "127.0.0.1")]).await;
    for (from, expected) in [("127.0.0.1", "203.0.113.9"), ("127.0.0.2", "127.0.0.2")] {
        let request = "GET /machines HTTP/1.0\r\nX-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n\r\n";
        assert!(door.raw(from, request.as_bytes()).await.starts_with("HTTP/1.1 200"));
        let came = receiver.received().pop().unwrap();
        assert_eq!(came.header("x-forwarded-for"), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_id_from_the_client_to_the_log() {
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[]).await;
    let long = "x".repeat(65);
    for (given, kept) in [("mine-1.a_B", true), ("no spaces", false), ("a\"b", false), (long.as_str(), false)] {
        get(&door, "/feed/secret?email=ada@example.org", &[("x-request-id", given), ("user-agent", "a \"b\"")]).await;
        let id = receiver.received().pop().unwrap().header("x-request-id").to_owned();
        assert_eq!(id == given, kept, "{given} became {id}");
        assert!(
            id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)),
            "{id}"
        );
    }
    let last = door.access_log(4).await.pop().unwrap();
    assert_eq!(last["request_id"], receiver.received().pop().unwrap().header("x-request-id"));
    assert_eq!(
        (&last["method"], &last["path"], &last["status"]),
        (&"GET".into(), &"/feed/secret".into(), &"200".into())
    );
    assert_eq!((&last["address"], &last["agent"]), (&"127.0.0.1".into(), &"a \"b\"".into()));
    assert!(!last.to_string().contains("ada@"), "a query is nobody's business: {last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_here_looks_as_if_a_service_had() {
    let door = Door::before("127.0.0.1:9", &[]).await;
    for (method, path, body, status, code) in [
        (Method::GET, "/machines", 0, 503, "peer_unavailable"),
        (Method::POST, "/allocations", 1, 503, "peer_unavailable"),
        (Method::GET, "/nothing", 0, 404, "route_not_found"),
        (Method::GET, "/docs/nothing", 0, 404, "route_not_found"),
        (Method::GET, "/docs/../../../etc/passwd", 0, 404, "route_not_found"),
        (Method::GET, "/docs/%2e%2e/%2e%2e/peers", 0, 404, "route_not_found"),
        (Method::GET, "/problem/away", 0, 404, "route_not_found"),
        (Method::POST, "/docs/", 0, 405, "method_not_allowed"),
        (Method::POST, "/user/login", 3 << 20, 413, "body_too_large"),
    ] {
        let told = [("x-request-id", "asked")];
        let reply = ask(&door, method, path, &told, "x".repeat(body)).await;
        reply.expect_refusal(status, code);
        assert_eq!((&reply.json()["request_id"], reply.header("x-request-id")), (&"asked".into(), Some("asked")));
        assert_eq!(reply.header("retry-after").is_some(), status == 503, "{path}");
    }
    let long = format!("GET /machines?{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(40_000));
    let huge = format!("GET /machines HTTP/1.1\r\nHost: x\r\nX-Huge: {}\r\n\r\n", "x".repeat(200_000));
    for request in [long, huge, "nonsense\r\n\r\n".to_owned()] {
        let answer = door.raw("127.0.0.1", request.as_bytes()).await;
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["code"], "invalid_input", "{answer}");
    }
    let lines = door.access_log(12).await;
    let refused = lines.iter().find(|line| line["method"] == "POST" && line["path"] == "/allocations");
    assert_eq!(refused.expect("it is logged as it was asked")["status"], "503");
    // The machine that the platform runs on, and nobody else.
    let metrics = door.raw("127.0.0.2", b"GET /metrics HTTP/1.0\r\n\r\n").await;
    assert!(metrics.starts_with("HTTP/1.1 403") && metrics.contains("\"forbidden\""), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn documentation_is_files_and_long_answers_are_sent_shorter() {
    let receiver = Receiver::start().await;
    let place = receiver.address();
    let door = Door::with(&place, &[], |home| {
        let site = home.join("site");
        let done = std::process::Command::new(berth_tests::berthd()).arg("docs").arg(&site).status().unwrap();
        assert!(done.success());
    });
    let door = door.await;
    for (path, kind, holds) in [
        ("/docs/", "text/html", "swagger-ui"),
        ("/docs/errors", "text/html", "rate_limited"),
        ("/docs/swagger-initializer.js", "application/javascript", "/openapi.json"),
        ("/openapi.json", "application/json", "\"openapi\": \"3.1.0\""),
    ] {
        let reply = get(&door, path, &[]).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{path}");
        assert!(reply.text.contains(holds), "{path}: {}", &reply.text[..reply.text.len().min(400)]);
    }
    receiver.say(&format!("[{}1]", "1,".repeat(2000)));
    for (path, coding) in [("/machines", Some("gzip")), ("/machines/x", None), ("/user/me", None)] {
        let reply = http_client().get(door.url(path)).header("accept-encoding", "gzip").send().await.unwrap();
        let sent = reply.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(sent.as_deref(), coding, "{path}");
        let bytes = reply.bytes().await.unwrap();
        assert_eq!(bytes.len() < 1000, coding.is_some(), "{path}: {} bytes", bytes.len());
    }
    assert!(receiver.received().iter().all(|request| request.path != "/docs/"), "no service is asked for files");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_passes_and_no_other_change_of_protocol_does() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            socket.send(message).await.unwrap();
        }
    });
    let door = Door::before(&place, &[]).await;
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{}/interact", door.address)).await.unwrap();
    let long = "x".repeat(100_000);
    for text in ["hello", &long] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(text));
    }
    let receiver = Receiver::start().await;
    let door = Door::before(&receiver.address(), &[]).await;
    let change = "GET /interact HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n";
    let mut stream = door.connect("127.0.0.1").await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, change.as_bytes()).await.unwrap();
    let came = receiver.until("the request", |_| true).await;
    assert_eq!((came.header("upgrade"), came.header("connection")), ("", ""), "{came:?}");
}
