//! An embedded platform moves to real servers, killed in the middle and begun again: afterwards everything is there as it was,
//! containers never noticed, and nobody is told anything twice.

use std::path::Path;
use std::process::Stdio;

use berth_tests::berth::Setup;
use berth_tests::platform::{Platform, Topology};
use berth_tests::{Allocation, Berth, Person, Receiver, berthd, shell, until};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::rebuild;

const PRIVATE: &str = "[notification]\nwebhooks_allow_private = true\n";
const LIMITS: &str = "drain = \"0ms\"\n[limits]\naddress_per_minute = 1000000\ncaller_per_minute = 1000000\n\
    credentials_per_minute = 1000000\n";

/// The cluster that a platform moves to: its stores and folders are there, nothing has run.
struct Servers {
    home: TempDir,
    platform: Platform,
    url: String,
    name: String,
}

impl Servers {
    /// With the identity of a platform, and the docker service on its directory.
    async fn prepare(data: &Path) -> Self {
        let home = tempfile::Builder::new().prefix("berth-moved-").tempdir().unwrap();
        std::fs::copy(data.join("installation"), home.path().join("installation")).unwrap();
        std::fs::copy(data.join("keys").join("master.key"), home.path().join("master.key")).unwrap();
        std::fs::create_dir(home.path().join("docker-1")).unwrap();
        std::os::unix::fs::symlink(data, home.path().join("docker-1").join("data")).unwrap();
        let listen = format!("127.0.0.1:{}", free_port());
        let platform = Platform::new(Topology::Cluster, home.path(), listen.clone(), None);
        std::fs::write(platform.configuration(), format!("{LIMITS}{PRIVATE}")).unwrap();
        platform.prepare().await;
        let name = std::fs::read_to_string(home.path().join("name")).unwrap().trim().to_owned();
        Self { home, platform, url: format!("http://{listen}"), name }
    }

    /// What `--to` names.
    fn configuration(&self, data: &Path) -> String {
        let (mysql, mongodb) = (testkit::servers::mysql(), testkit::servers::mongodb());
        let (cassandra, name, home) = (testkit::servers::cassandra(), &self.name, self.home.path().display());
        let text = format!(
            "data_dir = {data:?}\ninstallation_file = \"{home}/installation\"\nmaster_key_file = \"{home}/master.key\"\n\
             [user]\ndatabase_url = \"{mysql}/{name}_user\"\n[allocation]\ndatabase_url = \"{mysql}/{name}_allocation\"\n\
             [notification]\ndatabase_url = \"{mysql}/{name}_notification\"\n\
             [machines]\nmongodb_url = \"{mongodb}\"\nmongodb_database = \"{name}_machines\"\n\
             [verifier]\nmongodb_url = \"{mongodb}\"\nmongodb_database = \"{name}_verifier\"\n\
             [feed]\ncassandra = \"{cassandra}\"\nkeyspace = \"{name}_feed\"\n\
             [kafka]\nbrokers = \"{kafka}\"\ntopic_prefix = \"{name}.\"\n",
            kafka = testkit::servers::kafka()
        );
        let file = self.home.path().join("to.toml");
        std::fs::write(&file, text).unwrap();
        file.to_string_lossy().into_owned()
    }

    async fn start(&mut self) {
        self.platform.launch();
        let readiness = self.platform.readiness();
        until("the services to be ready", || async { readiness.is_ready().await }, |ready| *ready).await;
    }

    fn mails(&self) -> usize {
        std::fs::read_dir(self.home.path().join("mail")).map_or(0, Iterator::count)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the services' last words:\n{}", self.platform.last_words());
        }
        self.platform.end();
        self.platform.forget();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn moving(to: &str, data: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(berthd());
    command.args(["move", "--to", to, "--data-dir"]).arg(data).args(more);
    command.kill_on_drop(true);
    command
}

async fn moved(to: &str, data: &Path, more: &[&str]) -> shell::Ran {
    let done = moving(to, data, more).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    shell::Ran { ok: done.status.success(), text: text(&done.stdout), complaint: text(&done.stderr) }
}

/// Ends at once where it is refused.
async fn up(data: &Path) -> shell::Ran {
    shell::run(&berthd().to_string_lossy(), &["up", "--listen", "127.0.0.1:0", "--data-dir", &data.to_string_lossy()])
        .await
}

/// Begins a move and kills it as soon as the first service's tables are there.
async fn killed_in_the_middle(to: &str, data: &Path) {
    let mut child = moving(to, data, &[]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.starts_with("user:") {
            break;
        }
    }
    child.kill().await.unwrap();
}

/// All that its owner and an admin see of a platform, by path.
async fn seen(ada: &Person, allocations: &[&Allocation], machine: &str) -> Vec<(String, Value)> {
    let mut paths: Vec<String> = [
        "/user/me",
        "/user/api-keys",
        "/user?limit=100",
        "/user/sessions",
        "/allocations?limit=100",
        "/allocations/quota",
        "/machines?limit=200",
        "/notifications/preferences",
        "/notifications/webhooks",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend([format!("/feed/{machine}/comments"), format!("/feed/{machine}/like")]);
    paths.extend([format!("/machines/{machine}"), format!("/machines/{machine}/revisions")]);
    for allocation in allocations {
        let path = format!("/allocations/{}", allocation.id);
        paths.extend(["", "/events", "/connection"].map(|more| format!("{path}{more}")));
    }
    let mut seen = Vec::new();
    for path in paths {
        let reply = ada.get(&path).await;
        assert!(reply.status < 500, "{path}: {}", reply.text);
        seen.push((path, without_uses(reply.json())));
    }
    seen
}

/// When a session or key was last used is noted as it is used.
fn without_uses(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove("last_used_at");
            fields.values_mut().for_each(|field| *field = without_uses(field.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_uses(item.take())),
        _ => {}
    }
    value
}

/// Who did what, but for looks at ways to connect: comparing makes such.
async fn acts(ada: &Person) -> Vec<Value> {
    let list = ada.get("/user/audit?limit=100").await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().filter(|act| act["action"] != "allocation.connect").collect()
}

async fn ping(person: &Person, allocation: &Allocation) -> String {
    let line = person.connection(&allocation.id, "redis-cli").await;
    shell::sh(&line, "PING\n").await.expect(&line).trim().to_owned()
}

/// The same person on the services.
fn there(person: &Person, servers: &Servers) -> Person {
    let mut person = person.clone();
    person.url.clone_from(&servers.url);
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_moves_to_servers_and_nobody_notices() {
    let receiver = Receiver::start().await;
    let mut berth = Berth::embedded_with(Setup { config: PRIVATE.to_owned(), ..Setup::default() }).await;
    let (ada, bob) = (berth.person("ada").await, berth.person("bob").await);
    let hook = json!({"url": format!("{}/hook", receiver.url), "events": ["*"]});
    ada.post("/notifications/webhooks", &hook).await.expect(201);
    let quiet = json!({"items": [{"kind": "allocation_running", "channel": "email", "enabled": false}]});
    ada.put("/notifications/preferences", &quiet).await.expect(200);
    let key = ada.with_key("robot", &["allocations:read"]).await;
    let (cache, idle) = (ada.running("redis", "cache").await, ada.running("redis", "idle").await);
    ada.change(&idle.id, "stop").await;
    let redis = ada.machine("redis").await;
    for (person, status) in [(&ada, "like"), (&bob, "dislike")] {
        person.put(&format!("/feed/{redis}/like"), &json!({"status": status})).await.expect(200);
        person.post(&format!("/feed/{redis}/comments"), &json!({"text": status})).await.expect(201);
    }
    let tenant = bob.get("/allocations/quota").await.expect(200);
    assert!(tenant["limits"].is_object());
    receiver.until("the last news", |request| request.text.contains("allocation.stopped")).await;
    let said = || async { ada.get(&format!("/feed/{redis}/comments")).await.expect(200)["items"].clone() };
    until("the badge", said, |items| items[1]["author"]["has_run"] == true).await;
    let (before, acts_before) = (seen(&ada, &[&cache, &idle], &redis).await, acts(&ada).await);
    let since = berth.engine().container(&cache.id).unwrap().started_at().to_owned();
    let (calls, data) = (receiver.received().len(), berth.data());

    let mut servers = Servers::prepare(&data).await;
    let to = servers.configuration(&data);
    let refused = moved(&to, &data, &[]).await;
    assert!(!refused.ok && refused.complaint.contains("another berthd is running"), "{refused:?}");
    assert_eq!(berth.stop().await, Some(0));
    killed_in_the_middle(&to, &data).await;
    // The kernel takes a killed process's lock away in its own time.
    until("`berthd up` to be refused", || up(&data), |up| !up.ok && up.complaint.contains("goes on with it")).await;
    let told = moved(&to, &data, &[]).await.expect("a move that goes on");
    eprintln!("{told}");
    assert!(told.contains("going on with the move"), "{told}");
    let refused = up(&data).await;
    assert!(!refused.ok && refused.complaint.contains("was moved"), "{refused:?}");
    let client = mongodb::Client::with_uri_str(testkit::servers::mongodb()).await.unwrap();
    let verifier = format!("{}_verifier", servers.name);
    let copies = rebuild::copies(&client, &verifier).await;
    assert!(copies.values().all(|documents| !documents.is_empty()), "{copies:?}");

    servers.start().await;
    let (mut here, key) = (there(&ada, &servers), there(&key, &servers));
    for ((path, was), (_, is)) in before.iter().zip(seen(&here, &[&cache, &idle], &redis).await) {
        assert_eq!(*was, is, "{path}");
    }
    assert!(acts_before.len() > 5, "{acts_before:?}");
    assert_eq!(acts(&here).await, acts_before, "the audit list");
    assert_eq!(key.get("/allocations").await.status, 200, "an API key of before");
    let container = berth.engine().container(&cache.id).unwrap();
    assert_eq!((container.started_at(), container.is_running()), (since.as_str(), true));
    assert_eq!(ping(&here, &cache).await, "PONG");
    here.log_in().await;
    // What the topics tell is known, and a verifier without anything learns it from them.
    assert_eq!(rebuild::copies(&client, &verifier).await, copies);
    servers.platform.signal_one("verifier-1", "KILL");
    client.database(&verifier).drop().await.unwrap();
    let platform = std::cell::RefCell::new(&mut servers.platform);
    let ended = || {
        let ended = platform.borrow_mut().one_ended();
        async move { ended }
    };
    until("the verifier to end", ended, Option::is_some).await;
    servers.platform.launch_ended();
    until("the copies to be the same", || rebuild::copies(&client, &verifier), |now| *now == copies).await;
    assert_eq!((receiver.received().len(), servers.mails()), (calls, 0), "nobody is told anything again");
    let (_, started) = here.change(&idle.id, "start").await;
    assert_eq!(started.state, "running");
    receiver.until("what is new", |request| request.text.contains(&idle.id) && request.text.contains("running")).await;
    let since_again = berth.engine().container(&cache.id).unwrap().started_at().to_owned();
    assert_eq!(since_again, since);
    // The docker service holds the directory as long as it runs.
    let undone = moved(&to, &data, &["--undo"]).await;
    assert!(!undone.ok && undone.complaint.contains("another berthd is running"), "{undone:?}");
    tokio::task::block_in_place(|| servers.platform.end());
    let undone = moved(&to, &data, &["--undo"]).await;
    assert!(!undone.ok && undone.complaint.contains("has run on its server"), "{undone:?}");
    // Whoever goes back by hand does not come again to the same topics.
    std::fs::remove_file(data.join("moved")).unwrap();
    let again = moved(&to, &data, &[]).await;
    assert!(!again.ok && again.complaint.contains("hold events already"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_undone_as_long_as_nothing_ran_there() {
    let mut berth = Berth::embedded().await;
    let mut ada = berth.person("ada").await;
    let data = berth.data();
    let servers = Servers::prepare(&data).await;
    let to = servers.configuration(&data);
    assert_eq!(berth.stop().await, Some(0));
    // A server in the environment would stand in both configurations.
    let (name, url) = ("BERTH_USER__DATABASE_URL", "mysql://u:p@127.0.0.1:1/x");
    let named = moving(&to, &data, &[]).env(name, url).output().await.unwrap();
    let complaint = String::from_utf8_lossy(&named.stderr).into_owned();
    assert!(!named.status.success() && complaint.contains("user.database_url"), "{complaint}");
    moved(&to, &data, &[]).await.expect("a move");
    let elsewhere = servers.home.path().join("elsewhere.toml");
    let text = std::fs::read_to_string(&to).unwrap();
    for (what, with, why) in [("_feed\"", "_else\"", "goes to other servers"), ("cassandra =", "# =", "feed.cassandra")]
    {
        std::fs::write(&elsewhere, text.replace(what, with)).unwrap();
        let refused = moved(&elsewhere.to_string_lossy(), &data, &["--undo"]).await;
        assert!(!refused.ok && refused.complaint.contains(why), "{refused:?}");
    }
    // As a verifier that ran there would leave it, and then a relay of machines'.
    let client = mongodb::Client::with_uri_str(testkit::servers::mongodb()).await.unwrap();
    for (service, collection) in [("verifier", "consumer_generations"), ("machines", "outbox_leases")] {
        let database = client.database(&format!("{}_{service}", servers.name));
        let traces = database.collection::<mongodb::bson::Document>(collection);
        traces.insert_one(mongodb::bson::doc! { "_id": "of a test" }).await.unwrap();
        let refused = moved(&to, &data, &["--undo"]).await;
        assert!(!refused.ok && refused.complaint.contains(&format!("{service} has run")), "{refused:?}");
        traces.delete_many(mongodb::bson::doc! {}).await.unwrap();
    }
    let told = moved(&to, &data, &["--undo"]).await.expect("no move");
    assert!(told.contains("drop the databases"), "{told}");
    let again = moved(&to, &data, &[]).await;
    assert!(!again.ok && again.complaint.contains("is not empty"), "{again:?}");
    berth.start_again().await;
    ada.log_in().await;
}
