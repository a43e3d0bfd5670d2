//! A backup that is taken while people work, a power cut, a restore: what the backup knows is there again, containers that it
//! knows run on untouched, those that it does not know are left alone, and nobody is let in by what is older.

use std::path::Path;

use berth_tests::{Allocation, Berth, Person, berthd, shell, until};
use serde_json::Value;

async fn command(words: &[&str], directory: &Path) -> shell::Ran {
    let directory = directory.to_string_lossy();
    let mut all = words.to_vec();
    all.extend(["--data-dir", &directory]);
    shell::run(&berthd().to_string_lossy(), &all).await
}

async fn redis(person: &Person, allocation: &Allocation, line: &str) -> String {
    let client = person.connection(&allocation.id, "redis-cli").await;
    shell::sh(&client, line).await.expect(&client)
}

/// Makes small changes one after the other, as long as it is there.
struct Load(tokio::task::JoinHandle<()>);

impl Load {
    fn start(person: &Person, allocation: &Allocation) -> Self {
        let (person, path) = (person.clone(), format!("/allocations/{}", allocation.id));
        Self(tokio::spawn(async move {
            for turn in 0_u64.. {
                let name = serde_json::json!({"name": format!("name-{turn}")});
                person.patch(&path, &name).await.expect(200);
                person.get("/user/me").await.expect(200);
            }
        }))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn started_at(berth: &Berth, allocation: &Allocation) -> String {
    let found = berth.engine().container(&allocation.id).unwrap_or_else(|| panic!("no container of {allocation:?}"));
    assert!(found.is_running());
    found.started_at().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_is_again_what_its_backup_was() {
    let mut berth = Berth::embedded().await;
    let mut ada = berth.person("ada").await;
    let key = ada.with_key("robot", &["allocations:read"]).await;
    let known = ada.running("redis", "known").await;
    let gone = ada.running("redis", "gone").await;
    redis(&ada, &known, "SET told before\n").await;
    let (since, files) = (started_at(&berth, &known), tempfile::tempdir().unwrap());
    let (file, keys) = (files.path().join("backup.tar"), files.path().join("master.key"));
    let (file, keys) = (file.to_string_lossy().into_owned(), keys.to_string_lossy().into_owned());
    let load = Load::start(&ada, &known);
    let renamed = || async { ada.show(&known.id).await.name };
    until("some changes", renamed, |name| name.starts_with("name-")).await;
    command(&["backup", &file, "--keys", &keys], &berth.data()).await.expect("a backup while it runs");
    let refused = command(&["backup", &file], &berth.data()).await;
    assert!(!refused.ok && refused.complaint.contains("--force"), "{refused:?}");
    drop(load);

    // What happens after the backup.
    redis(&ada, &known, "SET told after\n").await;
    let unknown = ada.running("redis", "unknown").await;
    let unknown_since = started_at(&berth, &unknown);
    ada.remove(&gone.id).await;
    let (old, bob) = (ada.clone(), berth.person("bob").await);
    ada.post("/user/logout", &Value::Null).await.expect(204);
    let refused = command(&["restore", &file], &berth.data()).await;
    assert!(!refused.ok && refused.complaint.contains("another berthd is running"), "{refused:?}");

    berth.kill().await;
    let refused = command(&["restore", &file], &berth.data()).await;
    assert!(!refused.ok && refused.complaint.contains("--force"), "{refused:?}");
    let told = command(&["restore", &file, "--force"], &berth.data()).await.expect("a restore");
    assert!(told.contains("revoked 1 API keys"), "{told}");
    berth.start_again().await;

    // Nobody is let in by what is older, and everybody by the password.
    assert_eq!(old.get("/user/me").await.status, 401);
    assert_eq!(old.get("/allocations").await.status, 401);
    assert_eq!(key.get("/allocations").await.status, 401);
    assert_eq!(bob.post("/user/login", &bob.credentials()).await.status, 401, "bob came after the backup");
    ada.log_in().await;
    let mut names: Vec<String> = ids(&ada).await;
    names.sort();
    let mut expected = vec![known.id.clone(), gone.id.clone()];
    expected.sort();
    assert_eq!(names, expected);

    // Known: untouched. Gone since: made again. Unknown: still there, also after the reconciler has looked.
    assert_eq!(started_at(&berth, &known), since);
    assert_eq!(redis(&ada, &known, "GET told\n").await.trim(), "after", "its data is its own");
    let again = || async { berth.engine().container(&gone.id).is_some_and(|found| found.is_running()) };
    until("the one that was removed to run again", again, |runs| *runs).await;
    assert_eq!(ada.settled(&gone.id).await.state, "running");
    assert_eq!(started_at(&berth, &unknown), unknown_since);
    let fresh = ada.running("redis", "fresh").await;
    assert_eq!(redis(&ada, &fresh, "PING\n").await.trim(), "PONG");
    assert_ne!(fresh.address(), unknown.address(), "its port is taken by what nobody knows");
    let acts = ada.get("/user/audit?action=platform.restore").await.expect(200);
    assert_eq!(acts["items"].as_array().map(Vec::len), Some(1), "{acts}");
}

async fn ids(person: &Person) -> Vec<String> {
    let list = person.get("/allocations").await.expect(200);
    let items = list["items"].as_array().expect("a list").iter();
    items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_comes_back_in_an_empty_directory_with_its_key_and_nowhere_else() {
    let mut berth = Berth::embedded().await;
    let mut ada = berth.person("ada").await;
    let known = ada.running("redis", "known").await;
    let since = started_at(&berth, &known);
    let files = tempfile::tempdir().unwrap();
    let name = |name: &str| files.path().join(name).to_string_lossy().into_owned();
    let (file, keys, wrong) = (name("backup.tar"), name("master.key"), name("wrong.key"));
    command(&["backup", &file, "--keys", &keys], &berth.data()).await.expect("a backup");
    let mut other = Berth::embedded().await;
    command(&["backup", &name("other.tar"), "--keys", &wrong], &other.data()).await.expect("another's backup");
    other.kill().await;
    let refused = command(&["restore", &file, "--force"], &other.data()).await;
    assert!(!refused.ok && refused.complaint.contains("installation"), "{refused:?}");
    other.start_again().await;

    berth.kill().await;
    // The databases are lost, and the key with them. What is beside the engine stays.
    for lost in ["allocation.db", "user.db", "feed.db", "machines.db", "notification.db", "verifier.db", "docker.db"] {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(berth.data().join(format!("{lost}{end}")));
        }
        let refused = command(&["backup", &name("less.tar")], &berth.data()).await;
        let why = if lost == "docker.db" { "holds no platform" } else { "allocation.db" };
        assert!(!refused.ok && refused.complaint.contains(why), "{refused:?}");
    }
    std::fs::remove_dir_all(berth.data().join("keys")).unwrap();
    let refused = command(&["restore", &file], &berth.data()).await;
    assert!(!refused.ok && refused.complaint.contains("--keys"), "{refused:?}");
    let refused = command(&["restore", &file, "--keys", &wrong], &berth.data()).await;
    assert!(!refused.ok && refused.complaint.contains("fingerprint"), "{refused:?}");
    assert!(!berth.data().join("restore.part").exists(), "a refused restore leaves nothing behind");
    let mut left: Vec<_> = std::fs::read_dir(files.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["backup.tar", "master.key", "other.tar", "wrong.key"], "nor does a refused backup");
    command(&["restore", &file, "--keys", &keys, "--keep-api-keys"], &berth.data()).await.expect("a restore");
    berth.start_again().await;
    ada.log_in().await;
    assert_eq!(ids(&ada).await, std::slice::from_ref(&known.id));
    assert_eq!(started_at(&berth, &known), since);
    assert_eq!(redis(&ada, &known, "PING\n").await.trim(), "PONG", "its password opens with the key");
}

/// What one service announces again, in a directory that nobody serves from.
async fn republished(service: &str, more: &[&str], data: &Path) -> u64 {
    let told = command(&[&["republish", service], more].concat(), data).await.expect(service);
    let counted = told.lines().last().and_then(|line| line.strip_prefix(&format!("{service}: announced ")));
    counted.and_then(|rest| rest.split(' ').next()).and_then(|count| count.parse().ok()).expect(&told)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_again_is_all_that_is_there_and_changes_nothing() {
    let mut berth = Berth::embedded().await;
    let mut ada = berth.person("ada").await;
    let known = ada.running("redis", "known").await;
    let (since, data) = (started_at(&berth, &known), berth.data());
    let refused = command(&["republish", "user"], &data).await;
    assert!(!refused.ok && refused.complaint.contains("another berthd is running"), "{refused:?}");
    let machines = ada.get("/machines?limit=200").await.expect(200)["items"].as_array().map_or(0, Vec::len) as u64;
    let seen =
        async |ada: &Person| (ada.show(&known.id).await.name, ada.get("/user/me").await.expect(200)["role"].clone());
    let before = seen(&ada).await;
    assert_eq!(berth.stop().await, Some(0));
    let mails = berth.mails(&ada.email).len();
    for _ in 0..2 {
        assert_eq!(republished("user", &[], &data).await, 1);
        assert_eq!(republished("machines", &[], &data).await, machines);
        assert_eq!(republished("allocation", &[], &data).await, 1);
    }
    assert_eq!(republished("allocation", &["--after", &known.id], &data).await, 0, "nothing is behind it");
    berth.start_again().await;
    ada.log_in().await;
    assert_eq!(seen(&ada).await, before);
    assert_eq!(ada.settled(&known.id).await.state, "running");
    assert_eq!(started_at(&berth, &known), since);
    let told = berth.mails(&ada.email);
    assert!(told[mails..].iter().all(|mail| !mail.contains("known")), "{told:?}");
}
