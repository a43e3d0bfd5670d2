//! Every machine that Berth ships with, for real: ready by its own readiness, asked by its own client, started again, removed.

use berth_tests::engine::Holdings;
use berth_tests::machine::{SERVE, tiny};
use berth_tests::shell::sh;
use berth_tests::socket::Heard;
use berth_tests::{Allocation, Berth, Person, repository, until};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// Defines a test for each machine and lists them, so that none of the catalogue can be forgotten.
macro_rules! machines {
    ($($machine:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($machine)),*];

        mod answers_its_own_client_until_it_is_removed {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $machine() {
                    super::walk(stringify!($machine), super::$machine).await;
                }
            )*
        }
    };
}

machines! { redis postgres mariadb nginx memcached mosquitto dokuwiki notebook }

#[test]
fn every_shipped_machine_is_started_for_real() {
    let files = std::fs::read_dir(repository().join("catalogue")).expect("there is a catalogue");
    let name = |entry: std::fs::DirEntry| entry.path().file_stem().unwrap().to_string_lossy().into_owned();
    let mut shipped: Vec<String> = files.map(|entry| name(entry.unwrap())).collect();
    let mut tested: Vec<String> = TESTED.iter().map(ToString::to_string).collect();
    shipped.sort_unstable();
    tested.sort_unstable();
    assert_eq!(tested, shipped);
    assert!(tested.len() >= 8, "{tested:?}");
}

/// A first start and a second one on the same volume, each with its client, then removal without a trace.
async fn walk(machine: &str, client: impl AsyncFn(&Berth, &Person, &Allocation)) {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let made = ada.running(machine, machine).await;
    client(&berth, &ada, &made).await;
    let (status, again) = ada.change(&made.id, "restart").await;
    assert_eq!((status, again.state.as_str()), (200, "running"), "{again:?}");
    client(&berth, &ada, &again).await;
    ada.remove(&made.id).await;
    let left = || async { berth.engine().holdings() };
    until("the engine to be empty", left, |left| *left == Holdings::default()).await;
}

async fn ask(ada: &Person, made: &Allocation, way: &str, input: &str) -> String {
    let line = ada.connection(&made.id, way).await;
    sh(&line, input).await.expect(&line)
}

async fn redis(_: &Berth, ada: &Person, made: &Allocation) {
    assert_eq!(ask(ada, made, "redis-cli", "SET name ada\nGET name\n").await, "OK\nada");
}

async fn postgres(_: &Berth, ada: &Person, made: &Allocation) {
    let question = "\\pset format unaligned\n\\pset tuples_only on\nSELECT 40 + 2;\n";
    assert!(ask(ada, made, "psql", question).await.ends_with("42"));
}

async fn mariadb(_: &Berth, ada: &Person, made: &Allocation) {
    assert_eq!(ask(ada, made, "mariadb", "SELECT 40 + 2 AS n;").await, "n\n42");
}

async fn nginx(_: &Berth, ada: &Person, made: &Allocation) {
    let page = ask(ada, made, "curl", "").await;
    assert!(page.contains("<title>Your nginx is up</title>"), "{page}");
}

async fn memcached(_: &Berth, ada: &Person, made: &Allocation) {
    let password = property(ada, made, "password").await;
    assert!(say(made, "get name\r\n").await.starts_with("CLIENT_ERROR unauthenticated"));
    assert!(say(made, &sign_in("wrong")).await.starts_with("CLIENT_ERROR authentication failure"));
    let talk = format!("{}set name 0 0 3\r\nada\r\nget name\r\n", sign_in(&password));
    assert_eq!(say(made, &talk).await, "STORED\r\nSTORED\r\nVALUE name 0 3\r\nada\r\nEND\r\n");
}

/// The first words of a client that has a password: a `set` of any key to its name and that.
fn sign_in(password: &str) -> String {
    let value = format!("memcached {password}");
    format!("set user 0 0 {}\r\n{value}\r\n", value.len())
}

/// All that is answered to some words of memcached's protocol, by a connection of its own.
async fn say(made: &Allocation, words: &str) -> String {
    let mut stream = TcpStream::connect(made.address()).await.expect("its port is open");
    stream.write_all(words.as_bytes()).await.expect("it listens");
    stream.shutdown().await.expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers to the end");
    answer
}

async fn mosquitto(_: &Berth, ada: &Person, made: &Allocation) {
    let publish = format!("{} -r", ada.connection(&made.id, "mosquitto_pub").await);
    sh(&publish, "").await.expect(&publish);
    let subscribe = format!("{} -C 1 -W 30", ada.connection(&made.id, "mosquitto_sub").await);
    assert_eq!(sh(&subscribe, "").await.expect(&subscribe), "hello Hello from Berth");
    let (host, port) = made.address();
    let stranger = sh(&format!("mosquitto_sub -h {host} -p {port} -t '#' -C 1 -W 30"), "").await;
    assert!(!stranger.ok && stranger.complaint.contains("not authorised"), "{stranger:?}");
    let port = made.ports.iter().find(|port| port.name == "websocket").and_then(|port| port.host_port).unwrap();
    let mut browser = format!("ws://{host}:{port}/").into_client_request().unwrap();
    browser.headers_mut().insert("sec-websocket-protocol", "mqtt".parse().unwrap());
    connect_async(browser).await.expect("it speaks MQTT over WebSocket");
}

async fn dokuwiki(_: &Berth, ada: &Person, made: &Allocation) {
    let page = ask(ada, made, "curl", "").await;
    assert!(page.contains("[Our wiki]</title>") && page.contains("Your wiki is up"), "{page}");
    let url = ada.connection(&made.id, "url").await;
    let log_in = async |password: &str| {
        let line = format!("curl -sSL -b '' -d 'do=login&id=start&u=admin&p={password}' {url}doku.php");
        sh(&line, "").await.expect(&line)
    };
    assert!(log_in(&property(ada, made, "password").await).await.contains("Logged in as"));
    assert!(!log_in("admin").await.contains("Logged in as"));
    let fetch = async |path: &str| {
        let line = format!("curl -sSf '{url}{path}'");
        sh(&line, "").await.expect(&line)
    };
    let script = fetch("lib/exe/jquery.php").await;
    assert!(script.contains("jQuery") && script.len() > 10_000, "{} bytes: {script:.200}", script.len());
    let syntax = fetch("doku.php?id=wiki:syntax").await;
    assert!(syntax.contains("<pre class=\"code php\"><span"), "code is not highlighted: {syntax}");
    fetch("feed.php").await;
    let log = ada.get(&format!("/allocations/{}/logs", made.id)).await;
    log.expect(200);
    assert!(log.text.contains("server started") && !log.text.contains("PHP Warning"), "{}", log.text);
}

async fn notebook(berth: &Berth, ada: &Person, made: &Allocation) {
    assert!(ask(ada, made, "curl", "").await.contains("\"python3\""));
    let (host, port) = made.address();
    let mut browser = berth.anyone();
    browser.url = format!("http://{host}:{port}");
    browser.get("/api/kernels").await.expect(403);
    let token = property(ada, made, "token").await;
    let contents = browser.get(&format!("/api/contents?token={token}")).await.expect(200);
    let files: Vec<&Value> = contents["content"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!(files, [&json!("Welcome.ipynb")], "nothing else of the volume shows");
    let kernel = browser.post(&format!("/api/kernels?token={token}"), &json!({})).await.expect(201);
    let kernel = kernel["id"].as_str().expect("a kernel has an id");
    let mut socket = browser.socket(&format!("/api/kernels/{kernel}/channels?token={token}")).await;
    let header =
        json!({"msg_id": "1", "username": "", "session": "s", "msg_type": "execute_request", "version": "5.3"});
    let content = json!({"code": "print(sum(range(9)) + 6)", "silent": false, "store_history": false});
    let said = json!({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"});
    socket.say(&said).await;
    let printed = loop {
        let Heard::Frame(frame) = socket.hear().await else { panic!("the kernel is gone") };
        if frame["msg_type"] == "stream" {
            break frame["content"]["text"].clone();
        }
    };
    assert_eq!(printed, "42\n");
}

/// What a property of an allocation is, as its owner sees it.
async fn property(ada: &Person, made: &Allocation, name: &str) -> String {
    let shown = ada.get(&format!("/allocations/{}/connection", made.id)).await.expect(200);
    shown["properties"][name].as_str().unwrap_or_else(|| panic!("no {name} in {shown}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_sets_reaches_the_program() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let machine = ada.machine("memcached").await;
    let request = async |properties: Value| {
        let body = json!({"machine_id": machine, "name": "cache", "properties": properties});
        ada.send(Method::POST, "/allocations", &[("prefer", "wait=60")], Some(&body)).await
    };
    for (properties, field) in [
        (json!({"megabytes": 7}), "properties.megabytes"),
        (json!({"megabytes": "64"}), "properties.megabytes"),
        (json!({"sign_in": "yes"}), "properties.sign_in"),
        (json!({"password": "short"}), "properties.password"),
        (json!({"passwort": "long enough"}), "properties.passwort"),
    ] {
        let refusal = request(properties).await.refusal();
        assert_eq!((refusal.status, refusal.field.as_deref()), (422, Some(field)), "{refusal:?}");
    }
    let made: Allocation = request(json!({"megabytes": 16, "connections": 64, "sign_in": false})).await.expect_as(201);
    let settings = say(&ada.settled(&made.id).await, "stats settings\r\n").await;
    for line in ["STAT maxbytes 16777216\r\n", "STAT maxconns 64\r\n", "STAT auth_enabled_ascii no\r\n"] {
        assert!(settings.contains(line), "{line:?} is not in {settings}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_machine_keeps_what_runs_and_gives_nothing_new() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let machine = ada.add_machine(&tiny("web", SERVE)).await;
    let made = ada.running("web", "first").await;
    let path = format!("/machines/{machine}");
    let switch = async |active: bool| {
        let changed = ada.send(Method::PATCH, &path, &[("if-match", "*")], Some(&json!({"active": active}))).await;
        assert_eq!(changed.expect(200)["active"], active);
    };
    switch(false).await;
    let body = json!({"machine_id": machine, "name": "second"});
    let request = || ada.post("/allocations", &body);
    // Whether a machine is on offer is known elsewhere a moment later.
    let refused = until("the machine to be refused", request, |reply| reply.status != 201).await;
    refused.expect_refusal(409, "machine_inactive");
    assert_eq!(ada.show(&made.id).await.state, "running");
    let (status, again) = ada.change(&made.id, "restart").await;
    assert_eq!((status, again.state.as_str()), (200, "running"), "{again:?}");
    switch(true).await;
    until("the machine to be on offer", request, |reply| reply.status == 201).await;
    let history = ada.get(&format!("{path}/revisions")).await.expect(200);
    let seen: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|kept| &kept["active"]).collect();
    assert_eq!(seen, [true, false, true]);
}
