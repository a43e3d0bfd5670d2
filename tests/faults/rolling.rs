//! Every replica of every service is replaced by another version under a steady load: no request fails for good, and what a
//! client had to repeat, it could repeat without harm; no line of a log is lost or told twice. `TEST_BERTHD_BEFORE` names an
//! older build to begin with; without one the same build under another name stands for it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use berth_tests::berth::Setup;
use berth_tests::person::http_client;
use berth_tests::{Berth, Person, machine, until};
use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, Counts, Repeatable};
use crate::{codes, ready};

/// Says a number every 50 ms for ever, beside a web server that makes it ready.
const TICKER: &str = "httpd -p 8080 -h /tmp; i=0; while :; do echo tick $i; i=$((i+1)); usleep 50000; done";
/// Most of what anybody asks may go through at the first try.
const REPEATED_AT_MOST: f64 = 0.02;

#[tokio::test(flavor = "multi_thread")]
async fn every_replica_is_replaced_under_load() {
    let two = "user=2 machines=2 verifier=2 allocation=2 feed=2 notification=2 interact=2";
    let setup = Setup { drain: Some("2s"), ..Setup::default() };
    let mut berth = Berth::cluster_with(&[("REPLICAS".to_owned(), two.to_owned())], setup).await;
    let (ada, bob, carl) = (berth.person("ada").await, berth.person("bob").await, berth.person("carl").await);
    ada.add_machine(&machine::shell("ticker", TICKER)).await;
    let ticker = ada.running("ticker", "ticker").await;
    let started = berth.engine().container(&ticker.id).unwrap().started_at().to_owned();

    let names: Vec<String> =
        berth.processes().into_iter().map(|(name, _)| name).filter(|name| name != "door").collect();
    if let Ok(before) = std::env::var("TEST_BERTHD_BEFORE") {
        replace_all(&mut berth, &names, &before).await;
    }
    let counts = Arc::<Mutex<Counts>>::default();
    let stop = CancellationToken::new();
    let load = Load { counts: counts.clone(), stop: stop.clone(), machine: ada.machine("redis").await };
    let running = load.start(&berth, [&ada, &bob, &carl], &ticker.id).await;

    let next = another_version(&berth);
    replace_all(&mut berth, &names, &next).await;
    ready(&berth).await;
    stop.cancel();
    for task in running {
        task.await.expect("the load did not panic");
    }
    let counts = counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
    report(&counts);
    assert_eq!(counts.wrong, Vec::<String>::new());
    let (calls, repeats) = (counts.calls.values().sum::<u64>(), counts.repeats.values().map(Vec::len).sum::<usize>());
    assert!(repeats as f64 <= calls as f64 * REPEATED_AT_MOST, "{repeats} repeats of {calls} calls");
    assert_eq!(berth.engine().container(&ticker.id).unwrap().started_at(), started, "no container was restarted");
    let handed_over = counts.repeats.get("follow").is_some_and(|why| why.iter().any(|why| why == "1012"));
    assert!(handed_over, "a socket was told to connect again");
    once_each(&berth, &counts).await;
    let page = ada.get(&format!("/feed/{}/comments?limit=100", ada.machine("redis").await)).await.expect(200);
    let mut said = standing(&page);
    said.sort_unstable();
    let mut expected: Vec<String> = (1..=counts.calls["comment"]).map(|number| format!("comment {number}")).collect();
    expected.sort_unstable();
    assert_eq!(said, expected, "each comment stands once");
}

/// One process after the other becomes another program.
async fn replace_all(berth: &mut Berth, names: &[String], program: &str) {
    for name in names {
        exchange(&berth.data().join(name).join("run"), program);
        let ended = berth.restart_one(name).await;
        assert!(ended.success(), "{name} ended with {ended:?}");
        answers(berth, name).await;
    }
}

fn report(counts: &Counts) {
    for (name, calls) in &counts.calls {
        let repeats = counts.repeats.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut why: Vec<&str> = repeats.iter().map(String::as_str).collect();
        why.sort_unstable();
        why.dedup();
        eprintln!("{name}: {calls} calls, {} repeated {why:?}", repeats.len());
    }
}

/// Whoever signed up got one code, however often they had to ask.
async fn once_each(berth: &Berth, counts: &Counts) {
    for number in 1..=counts.calls["sign-up"] {
        let email = guest(number);
        let sent = until("the code's mail", || async { codes(berth, &email) }, |count| *count > 0).await;
        assert_eq!(sent, 1, "{email}");
    }
}

/// The build that is tested, under a name of its own; its schemas were made while the version before still served.
fn another_version(berth: &Berth) -> String {
    let next = berth.data().join("berthd-next");
    std::fs::copy(berth_tests::berthd(), &next).expect("a program can be copied");
    next.to_string_lossy().into_owned()
}

/// Has a process's folder start another program.
fn exchange(run: &Path, program: &str) {
    let text = std::fs::read_to_string(run).expect("every process has one");
    let line =
        text.lines().find_map(|line| line.strip_prefix("exec '")?.split('\'').next()).expect("it starts a program");
    let new = run.with_extension("new");
    std::fs::copy(run, &new)
        .and_then(|_| std::fs::write(&new, text.replace(line, program)))
        .expect("it can be written");
    std::fs::rename(&new, run).expect("it can be put in place");
}

/// Waits until a process is ready by its own word.
async fn answers(berth: &Berth, name: &str) {
    let ports = std::fs::read_to_string(berth.data().join(name).join("ports")).expect("every process has ports");
    let url = format!("http://127.0.0.1:{}/readyz", ports.lines().next().expect("two lines"));
    let http = http_client();
    let look = || async { http.get(&url).send().await.is_ok_and(|reply| reply.status().is_success()) };
    until(&format!("{name} to be ready"), look, |ready| *ready).await;
}

fn guest(number: u64) -> String {
    format!("guest{number}@example.org")
}

struct Load {
    counts: Arc<Mutex<Counts>>,
    stop: CancellationToken,
    machine: String,
}

impl Load {
    /// Carl logs in again and again, which ends the first of his many sessions.
    async fn start(&self, berth: &Berth, people: [&Person; 3], ticker: &str) -> Vec<JoinHandle<()>> {
        let [ada, bob, carl] = people;
        let ticker = ticker.to_owned();
        let machine = format!("/machines/{}", self.machine);
        let like = format!("/feed/{}/like", self.machine);
        let mut running = vec![
            self.steadily(ada, 20, move |_| Repeatable::new("read a machine", Method::GET, machine.clone())),
            self.steadily(ada, 50, |_| Repeatable::new("list machines", Method::GET, "/machines")),
            self.steadily(ada, 30, |_| Repeatable::new("list allocations", Method::GET, "/allocations")),
            self.steadily(ada, 50, |_| Repeatable::new("profile", Method::GET, "/user/me")),
            self.steadily(ada, 100, move |number| {
                let stance = if number % 2 == 0 { "like" } else { "dislike" };
                Repeatable::new("like", Method::PUT, like.clone()).body(json!({"status": stance}))
            }),
        ];
        let credentials = carl.credentials();
        running.push(self.steadily(&berth.anyone(), 400, move |_| {
            Repeatable::new("log in", Method::POST, "/user/login").body(credentials.clone())
        }));
        let stranger = ada.sign_up();
        running.push(self.steadily(&berth.anyone(), 700, move |number| {
            let body = machine::with(stranger.clone(), json!({"email": guest(number)}));
            Repeatable { fine: &[409], ..Repeatable::new("sign-up", Method::POST, "/user/signup").body(body) }
        }));
        running.push(self.lives(bob).await);
        running.push(self.comments(bob));
        running.push(self.reads(ada, ticker));
        running
    }

    fn client(&self, person: &Person) -> Client {
        Client::new(person, &self.counts)
    }

    /// One call after the other, at least so many milliseconds apart.
    fn steadily(
        &self,
        person: &Person,
        apart: u64,
        call: impl Fn(u64) -> Repeatable + Send + 'static,
    ) -> JoinHandle<()> {
        let (client, stop) = (self.client(person), self.stop.clone());
        tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(apart));
            pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut number = 0;
            while stop.run_until_cancelled(pace.tick()).await.is_some() {
                number += 1;
                client.call(&call(number)).await;
            }
        })
    }

    /// Bob makes an allocation, waits until it runs, and removes it, again and again.
    async fn lives(&self, bob: &Person) -> JoinHandle<()> {
        let (client, stop) = (self.client(bob), self.stop.clone());
        let machine = bob.machine("redis").await;
        tokio::spawn(async move {
            let mut number = 0;
            while !stop.is_cancelled() {
                number += 1;
                let body = json!({"machine_id": machine, "name": format!("cache{number}")});
                let key = Some(format!("life-{number}"));
                let make = Repeatable { key, ..Repeatable::new("create", Method::POST, "/allocations").body(body) };
                let made = client.call(&make).await;
                let Some(id) = made["id"].as_str() else { return };
                let path = format!("/allocations/{id}");
                let mut state = Value::Null;
                for _ in 0..20 {
                    let wait = format!("{path}?wait_for=running&timeout=10");
                    state = client.call(&Repeatable::new("wait", Method::GET, wait)).await["state"].clone();
                    if state == "running" {
                        break;
                    }
                }
                if state != "running" {
                    client.wrong(format!("{id} did not run: {state}"));
                }
                client.call(&Repeatable { fine: &[409], ..Repeatable::new("remove", Method::DELETE, path) }).await;
            }
        })
    }

    /// Bob comments, which may not be done twice: where no answer came he looks whether it stands before he says it again.
    fn comments(&self, bob: &Person) -> JoinHandle<()> {
        let (client, stop, path) = (self.client(bob), self.stop.clone(), format!("/feed/{}/comments", self.machine));
        tokio::spawn(async move {
            // Thirty an hour are allowed.
            let mut pace = tokio::time::interval(Duration::from_secs(5));
            let mut number = 0;
            while number < 28 && stop.run_until_cancelled(pace.tick()).await.is_some() {
                number += 1;
                comment(&client, &path, &format!("comment {number}")).await;
            }
        })
    }

    /// Ada follows the ticker's log, and connects again where she is told to.
    fn reads(&self, ada: &Person, ticker: String) -> JoinHandle<()> {
        let (client, stop, ada) = (self.client(ada), self.stop.clone(), ada.clone());
        tokio::spawn(async move {
            let mut seen = Seen::default();
            while !stop.is_cancelled() {
                let followed = follow(&ada, &ticker, &mut seen, &client, &stop).await;
                if let Err(why) = followed {
                    eprintln!("the log is followed again after {} lines: {why}", seen.next);
                    client.repeated("follow", why);
                }
            }
            if seen.next < 100 {
                client.wrong(format!("only {} lines came", seen.next));
            }
        })
    }
}

async fn comment(client: &Client, path: &str, text: &str) {
    let say = Repeatable::new("comment", Method::POST, path).body(json!({"text": text}));
    let look = Repeatable::new("look for a comment", Method::GET, format!("{path}?limit=100"));
    client.called(say.name);
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    for _ in 0..100 {
        pace.tick().await;
        let why = match client.once(&say).await {
            Ok((201, _)) => return,
            Ok((503, body)) => format!("{}", body["code"]),
            Err(error) => format!("{error:?}"),
            Ok(other) => return client.wrong(format!("{text}: {other:?}")),
        };
        client.repeated(say.name, why);
        if standing(&client.call(&look).await).contains(&text.to_owned()) {
            return;
        }
    }
    client.wrong(format!("{text} could not be said"));
}

/// The texts of a page of comments.
fn standing(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item["text"].as_str().map(str::to_owned)).collect()
}

/// How far somebody has read.
#[derive(Default)]
struct Seen {
    seq: Option<String>,
    next: u64,
}

/// Reads until told to connect again, or until the end. Every number has to come once, in its order.
async fn follow(
    ada: &Person,
    ticker: &str,
    seen: &mut Seen,
    client: &Client,
    stop: &CancellationToken,
) -> Result<(), String> {
    let since = seen.seq.as_ref().map_or("tail=100000".to_owned(), |seq| format!("since={seq}"));
    let url = format!("{}/interact/allocations/{ticker}/logs?{since}", ada.url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("an address");
    let token = format!("Bearer {}", ada.tokens.access_token);
    request.headers_mut().insert("authorization", token.parse().expect("a token is plain text"));
    let (mut socket, _) = connect_async(request).await.map_err(|error| error.to_string())?;
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            () = stop.cancelled() => return Ok(()),
        };
        match message {
            Some(Ok(Message::Text(text))) => take(&text, seen, client),
            Some(Ok(Message::Close(Some(frame)))) if hands_over(frame.code.into()) => {
                return Err(u16::from(frame.code).to_string());
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => {
                client.wrong(format!("the log ended with {other:?}"));
                return Err("not as it should".to_owned());
            }
        }
    }
}

/// Older builds closed with 1013 when the docker service went away under them.
fn hands_over(code: u16) -> bool {
    code == 1012 || code == 1013 && std::env::var_os("TEST_BERTHD_BEFORE").is_some()
}

fn take(text: &str, seen: &mut Seen, client: &Client) {
    let frame: Value = serde_json::from_str(text).expect("frames are JSON");
    match frame["type"].as_str() {
        Some("log") => {
            let number = frame["line"].as_str().and_then(|line| line.strip_prefix("tick ")?.parse::<u64>().ok());
            if number != Some(seen.next) {
                client.wrong(format!("{frame} where {} was expected", seen.next));
            }
            seen.next = number.unwrap_or(seen.next) + 1;
            seen.seq = frame["seq"].as_str().map(str::to_owned);
        }
        // What follows is live; and why a socket is closed is told before it is.
        Some("ready" | "error") => {}
        _ => client.wrong(format!("{frame}")),
    }
}
