//! The whole of it: the table and its page, and whole configurations on real servers, with each wrong thing really wrong.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use bus::Topic;
use bus::kafka::{Settings, topics};
use kit::{Ambient, ServiceName};
use testkit::databases::OwnMySql;
use testkit::servers::{self, Kind, Own};

use super::context::{Context, Topology};
use super::finding::{Finding, Level};
use super::table::{DEADLINE, examine};
use super::testing::{config, context, is, only};
use super::{AREAS, UNREADABLE, WRONG, list, verdict};

/// For as many seconds as a busy machine takes: what is tested here is not the deadline.
const PATIENT: std::time::Duration = std::time::Duration::from_secs(60);

#[test]
fn the_manual_lists_every_check_once() {
    let all: Vec<&str> = AREAS.iter().flat_map(|area| area.checks).map(|check| check.id).collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "an id is there twice");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md")).unwrap();
    for line in list().lines() {
        assert!(page.contains(line), "docs/doctor.md lacks: {line}\nIts end is what `berthd doctor --list` prints.");
    }
}

#[test]
fn it_ends_by_what_it_found() {
    let check = AREAS[0].checks[0];
    let (well, warned, wrong) = (check.ok("x"), check.warning("x", "y"), check.wrong("x", "y"));
    let of = |findings: &[&Finding], strict| {
        verdict(&findings.iter().map(|finding| (*finding).clone()).collect::<Vec<_>>(), true, strict)
    };
    assert_eq!((of(&[&well], true), of(&[&well, &warned], false)), (None, None));
    assert_eq!((of(&[&warned], true), of(&[&warned, &wrong], false)), (Some(WRONG), Some(WRONG)));
    assert_eq!(verdict(&[], false, false), Some(UNREADABLE));
}

async fn look(context: &Arc<Context>) -> Vec<Finding> {
    examine(AREAS, context, PATIENT).await
}

#[tokio::test]
async fn an_empty_machine_is_well_and_looking_makes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let found = look(&context(&format!("data_dir = {data:?}\nlisten = \"127.0.0.1:0\""))).await;
    let wrong: Vec<_> = found.iter().filter(|finding| finding.level == Level::Wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(only(&found, "data.directory").level, Level::Ok);
    assert!(only(&found, "identity.key").told.contains("first start"));
    assert!(!data.exists(), "looking made the data directory");
}

#[tokio::test]
async fn a_file_that_a_newer_program_wrote_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = directory.path().join("user.db");
    let database = sql::Database::open(&path, &[&bus::MIGRATIONS, &berth_user::MIGRATIONS]).await.unwrap();
    let context = context(&format!("data_dir = {:?}\nlisten = \"127.0.0.1:0\"", directory.path()));
    assert_eq!(only(&look(&context).await, "data.schema").level, Level::Ok);
    let newer = database.write(|c| {
        Box::pin(async move {
            use sql::Stored as _;
            let row = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                VALUES (99999999, 'later', TRUE, x'00', 0)";
            sql::query(row).execute(c).await.stored().map(drop)
        })
    });
    newer.await.unwrap();
    // With a process that has it open, and without one.
    is(only(&look(&context).await, "data.schema"), Level::Wrong, "newer berthd");
    database.close().await;
    is(only(&look(&context).await, "data.schema"), Level::Wrong, "newer berthd");
}

/// Servers of all kinds, as somebody would name them; `topics` is what every topic's name begins with.
fn cluster(home: &Path, certificates: &Path, mysql: &str, topics: &str, more: &str) -> String {
    std::fs::create_dir_all(home.join("data")).unwrap();
    format!(
        "data_dir = {data:?}\ninstallation_file = {id:?}\nmaster_key_file = {key:?}\n\
         user.database_url = {mysql:?}\nallocation.database_url = {mysql:?}\nnotification.database_url = {mysql:?}\n\
         machines.mongodb_url = {mongo:?}\nverifier.mongodb_url = {mongo:?}\nfeed.cassandra = {cassandra:?}\n\
         feed.keyspace = {keyspace:?}\nkafka.brokers = {kafka:?}\nkafka.topic_prefix = {topics:?}\nredis.url = {redis:?}\n\
         peers.certificates = {certificates:?}\n{more}\n",
        data = home.join("data"),
        id = home.join("installation"),
        key = home.join("master.key"),
        mongo = servers::mongodb(),
        cassandra = servers::cassandra(),
        keyspace = servers::unique("berth_doctor"),
        kafka = servers::kafka(),
        redis = servers::redis(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_answer_are_well_and_what_is_missing_on_them_is_told() {
    let (home, certificates) = (tempfile::tempdir().unwrap(), super::peers::certified(&Ambient::system()));
    let mysql = OwnMySql::create().await;
    let prefix = format!("{}.", servers::unique("doctor"));
    let text = cluster(home.path(), certificates.path(), &mysql.url(), &prefix, "");
    let found = look(&context(&text)).await;
    for id in
        ["mysql.reachable", "mysql.version", "mysql.rights", "mysql.schema", "mongodb.reachable", "mongodb.replicas"]
    {
        let of_id = found.iter().filter(|finding| finding.check.id == id);
        assert!(
            of_id.clone().count() >= 2 && of_id.clone().all(|finding| finding.level == Level::Ok),
            "{id}: {found:#?}"
        );
    }
    for id in ["cassandra.reachable", "cassandra.agreement", "redis.reachable", "kafka.reachable", "kafka.brokers"] {
        assert_eq!(only(&found, id).level, Level::Ok, "{found:#?}");
    }
    assert!(found.iter().filter(|finding| finding.check.id == "clock.skew").count() >= 6, "{found:#?}");
    assert!(found.iter().filter(|finding| finding.check.id == "clock.skew").all(|finding| finding.level == Level::Ok));
    assert_eq!(found.iter().filter(|finding| finding.check.id == "peers.certificates").count(), 8);
    is(only(&found, "kafka.topics"), Level::Wrong, "berthd migrate");
    // They are there once they are made, and looking made none.
    let names = bus::kafka::Names::new(&prefix);
    let settings = Settings { names, ..Settings::new(servers::kafka()) };
    topics::ensure(&settings, &[Topic::User]).await.unwrap();
    let found = look(&context(&text)).await;
    let told = &only(&found, "kafka.topics").told;
    assert!(told.contains("topics are missing") && !told.contains("user.v1,"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_thing_is_told_by_its_name_and_with_what_to_do() {
    let (home, certificates) = (tempfile::tempdir().unwrap(), super::peers::certified(&Ambient::system()));
    let server = servers::mysql();
    let missing = format!("{server}/{}", servers::unique("berth_no_such"));
    let stranger = format!("{}/mysql", server.replace("root@", "berth_nobody:secret@"));
    let good = cluster(home.path(), certificates.path(), &missing, "x.", "");
    let mut config = config(&good);
    config.allocation.database_url = Some(stranger.into());
    config.notification.database_url = Some("mysql://root@127.0.0.1:1/x".into());
    config.machines.mongodb_url = Some("mongodb://127.0.0.1:1/?replicaSet=rs0".into());
    config.feed.cassandra = Some("127.0.0.1:1".to_owned());
    config.kafka.brokers = Some("127.0.0.1:1".to_owned());
    config.redis.url = Some("redis://127.0.0.1:1".into());
    config.smtp_url = Some("smtp://127.0.0.1:1".into());
    config.notification.sms_url = Some("http://127.0.0.1:1/texts".to_owned());
    config.peers.user = Some("127.0.0.1:1".to_owned());
    std::fs::write(home.path().join("master.key"), "rubbish").unwrap();
    let topology = Topology::of(&[], &config);
    let found = look(&Arc::new(Context { config, topology, ambient: Ambient::system() })).await;
    let of = |id: &str, subject: &str| {
        let found =
            found.iter().find(|f| f.check.id == id && f.subject.as_deref().unwrap_or_default().starts_with(subject));
        found.unwrap_or_else(|| panic!("{id} of {subject} is not among {found:#?}"))
    };
    is(of("mysql.reachable", "user"), Level::Wrong, "CREATE DATABASE");
    is(of("mysql.reachable", "allocation"), Level::Wrong, "BERTH_ALLOCATION__DATABASE_URL");
    is(of("mysql.reachable", "notification"), Level::Wrong, "host and port");
    is(of("mongodb.reachable", "machines"), Level::Wrong, "BERTH_MACHINES__MONGODB_URL");
    is(of("cassandra.reachable", ""), Level::Wrong, "BERTH_FEED__CASSANDRA");
    is(of("kafka.reachable", ""), Level::Wrong, "BERTH_KAFKA__BROKERS");
    is(of("redis.reachable", ""), Level::Wrong, "BERTH_REDIS__URL");
    is(of("messages.mail", ""), Level::Wrong, "BERTH_SMTP_URL");
    is(of("messages.text", ""), Level::Wrong, "BERTH_NOTIFICATION__SMS_URL");
    is(of("peers.reachable", "user"), Level::Warning, "start user");
    is(of("peers.places", ""), Level::Wrong, "peers.");
    is(of("identity.key", ""), Level::Wrong, "backup");
    assert!(found.iter().all(|finding| !finding.told.contains("secret")), "{found:#?}");
}

#[tokio::test]
async fn a_redis_that_forgets_is_told_of() {
    let own = Own::start(Kind::Redis).await;
    let url: secrecy::SecretString = own.address().to_owned().into();
    for (append, level) in [("no", Level::Warning), ("yes", Level::Ok)] {
        let set = ["-u", own.address(), "CONFIG", "SET", "appendonly", append];
        assert!(tokio::process::Command::new("redis-cli").args(set).status().await.unwrap().success());
        let mut config = config("[kafka]\nbrokers = \"127.0.0.1:1\"");
        config.redis.url = Some(url.clone());
        let topology = Topology::of(&[ServiceName::Interact], &config);
        let context = Arc::new(Context { config, topology, ambient: Ambient::system() });
        let found = examine(&[&super::redis::AREA], &context, DEADLINE).await;
        assert_eq!(only(&found, "redis.durable").level, level, "{found:#?}");
    }
}

#[tokio::test]
async fn a_key_of_another_platform_does_not_fit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("user.db");
    let database = sql::Database::open(&path, &[&bus::MIGRATIONS, &berth_user::MIGRATIONS]).await.unwrap();
    let (ambient, key) = (Ambient::system(), directory.path().join("keys/master.key"));
    let (ours, other) = (kit::MasterKey::mint(&ambient), kit::MasterKey::mint(&ambient));
    let sealed = ours.derive("user.signing_keys").seal(&ambient, b"one", &[7; 32]);
    let row = database.write(move |c| {
        Box::pin(async move {
            use sql::Stored as _;
            let row = "INSERT INTO signing_keys (kid, public_key, sealed, signs_from, signs_until) VALUES ('one', ?, ?, 0, 1)";
            sql::query(row).bind([7_u8; 32].as_slice()).bind(&sealed).execute(c).await.stored().map(drop)
        })
    });
    row.await.unwrap();
    database.close().await;
    std::fs::create_dir(key.parent().unwrap()).unwrap();
    let context = context(&format!("data_dir = {:?}", directory.path()));
    for (master, level) in [(ours, Level::Ok), (other, Level::Wrong)] {
        std::fs::write(&key, master.encode()).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let found = examine(&[&super::identity::AREA], &context, DEADLINE).await;
        assert_eq!(only(&found, "identity.fits").level, level, "{found:#?}");
    }
}
