//! What `docker-compose.yml` promises of each container, with the file for production over it and without, as Compose itself reads
//! them. Nothing is started.

use serde_json::{Value, json};

use crate::script::compose;

/// Who has something to do once, and ends.
const ONCE: [&str; 4] = ["certificates", "accounts", "migrate", "docs"];
/// What the second file asks for.
const PRODUCTION: [(&str, &str); 6] = [
    ("COMPOSE_FILE", "docker-compose.yml:docker-compose.production.yml"),
    ("BERTH_HOST", "berth.example.org"),
    ("BERTH_SITE_ADDRESS", "192.0.2.7"),
    ("BERTH_MAIL_FROM", "Berth <berth@example.org>"),
    ("DOOR_CERTIFICATE", "/etc/ssl/berth/chain.pem"),
    ("DOOR_KEY", "/etc/ssl/berth/key.pem"),
];

type Rule = (&'static str, fn(&str, &Value) -> bool);

/// What holds of every service. The docker service is the one that may do more, and only what stands here.
const RULES: [Rule; 11] = [
    ("is nobody's root", |name, it| name == "docker" || it["user"].as_str().is_some_and(is_ordinary)),
    ("cannot write to its image", |_, it| it["read_only"] == true),
    ("has no capabilities", |name, it| it["cap_drop"] == json!(["ALL"]) && it["cap_add"] == added(name)),
    ("gains no rights", |_, it| it["security_opt"] == json!(["no-new-privileges:true"]) && it["privileged"].is_null()),
    ("has spaces of its own", |name, it| name == "docker" || has_own_spaces(it)),
    ("mounts nothing of the host", |name, it| name == "docker" || binds(it).all(|bind| bind["read_only"] == true)),
    ("has bounds", |_, it| has_bounds(it)),
    ("ends or is started again", |name, it| it["restart"] == if is_once(name) { "no" } else { "unless-stopped" }),
    ("is asked how it is", |name, it| is_once(name) || !list(&it["healthcheck"]["test"]).is_empty()),
    ("has an exact image", |_, it| it["image"].as_str().is_some_and(is_exact)),
    ("has its secrets in files", |_, it| has_no_open_secret(it)),
];

fn is_once(name: &str) -> bool {
    ONCE.contains(&name)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_ordinary(user: &str) -> bool {
    user.split(':').filter(|id| id.parse::<u32>().is_ok_and(|id| id > 0)).count() == 2
}

fn added(name: &str) -> Value {
    if name == "docker" { json!(["NET_ADMIN", "SYS_ADMIN"]) } else { Value::Null }
}

fn has_own_spaces(it: &Value) -> bool {
    let shared = ["pid", "ipc", "uts", "userns_mode", "devices", "device_cgroup_rules"];
    it["network_mode"] != "host" && shared.iter().all(|key| it[key].is_null())
}

fn binds(it: &Value) -> impl Iterator<Item = &Value> {
    list(&it["volumes"]).iter().filter(|volume| volume["type"] != "volume")
}

/// Of memory, swap included, of processors, processes and logs.
fn has_bounds(it: &Value) -> bool {
    let options = &it["logging"]["options"];
    it["mem_limit"].as_str().is_some_and(|bytes| bytes.parse::<u64>().is_ok_and(|bytes| bytes > 0))
        && it["mem_limit"] == it["memswap_limit"]
        && it["cpus"].as_f64().is_some_and(|cpus| cpus > 0.0)
        && it["pids_limit"].as_u64().is_some_and(|most| most > 0)
        && options["max-size"].is_string()
        && options["max-file"].is_string()
}

/// Three numbers, behind a `v` or not.
fn is_exact(image: &str) -> bool {
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let numbers = tag.strip_prefix('v').unwrap_or(tag).split('.').filter(|part| part.parse::<u32>().is_ok());
    numbers.count() == 3 && tag.matches('.').count() == 2
}

/// Everybody who may ask the engine reads what a container is told and started with.
fn has_no_open_secret(it: &Value) -> bool {
    let told = it["environment"].as_object().into_iter().flatten();
    let told: Vec<(&str, &str)> =
        told.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())).collect();
    let words = ["command", "entrypoint"].into_iter().flat_map(|key| list(&it[key])).filter_map(Value::as_str);
    let secret = |name: &str| ["PASSWORD", "SECRET", "TOKEN", "_KEY", "_CODE"].iter().any(|end| name.ends_with(end));
    let file = |name: &str| name.ends_with("_FILE");
    told.iter().all(|(name, value)| !secret(name) && (!file(name) || value.starts_with("/run/secrets/")))
        && told.iter().map(|(_, value)| *value).chain(words).all(|text| !looks_secret(text))
}

/// A URL with somebody in it, or a word as `stack/compose.sh secrets` makes them.
fn looks_secret(text: &str) -> bool {
    let host = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let random = |word: &str| word.len() >= 20 && word.contains(|c: char| c.is_ascii_digit());
    host.is_some_and(|host| host.contains('@')) || text.split(|c: char| !c.is_ascii_alphanumeric()).any(random)
}

fn breaches(project: &Value) -> Vec<String> {
    let services = project["services"].as_object().expect("a project has services");
    let all = services.iter().flat_map(|(name, it)| RULES.iter().map(move |rule| (name, it, rule)));
    all.filter(|(name, it, (_, holds))| !holds(name, it))
        .map(|(name, _, (what, _))| format!("{name}: {what}"))
        .collect()
}

fn read(settings: &[(&str, &str)]) -> Value {
    let said = compose(settings, &["do", "config", "--format", "json"]).expect("Compose takes the files");
    // Where the plugin is built first, that is said before.
    serde_json::from_str(&said[said.find('{').unwrap_or_default()..]).expect("it answers in JSON")
}

/// Base, production, and production that is watched; each with what it publishes.
fn projects() -> [(Value, Vec<&'static str>); 3] {
    let door = vec!["nginx 0.0.0.0:443", "nginx 0.0.0.0:80"];
    let watched: Vec<(&str, &str)> = PRODUCTION.into_iter().chain([("COMPOSE_PROFILES", "monitoring")]).collect();
    [
        (read(&[]), vec!["nginx 127.0.0.1:8080"]),
        (read(&PRODUCTION), door.clone()),
        (read(&watched), [door, vec!["prometheus 127.0.0.1:9090"]].concat()),
    ]
}

#[test]
fn every_container_is_confined() {
    for (project, published) in projects() {
        let services = project["services"].as_object().expect("a project has services");
        assert_eq!(services.len(), 18 + published.iter().filter(|line| line.starts_with("prometheus")).count());
        assert_eq!(breaches(&project), Vec::<String>::new());
        assert_eq!(ports(&project), published);
    }
}

/// `SERVICE ADDRESS:PORT` of all that is published.
fn ports(project: &Value) -> Vec<String> {
    let services = project["services"].as_object().expect("a project has services");
    let all = services.iter().flat_map(|(name, it)| list(&it["ports"]).iter().map(move |port| (name, port)));
    let text = |value: &Value| value.as_str().unwrap_or("everywhere").to_owned();
    let mut lines: Vec<String> =
        all.map(|(name, port)| format!("{name} {}:{}", text(&port["host_ip"]), text(&port["published"]))).collect();
    lines.sort();
    lines
}

#[test]
fn the_engine_is_docker_s_alone() {
    let (project, _) = &projects()[1];
    let services = project["services"].as_object().expect("a project has services");
    for (name, it) in services {
        let socket = list(&it["volumes"]).iter().any(|volume| volume.to_string().contains("docker.sock"));
        assert_eq!((socket, it["network_mode"] == "host"), (name == "docker", name == "docker"), "{name}");
    }
}

#[test]
fn every_secret_is_a_file() {
    for (project, _) in projects() {
        let secrets = project["secrets"].as_object().expect("a project has secrets");
        assert!(secrets.len() >= 16, "{secrets:?}");
        assert!(secrets.values().all(|it| it["file"].is_string() && it["environment"].is_null()), "{secrets:?}");
    }
}

/// Each rule has something that breaks it, and it alone.
#[test]
fn what_is_not_confined_is_found() {
    let (project, _) = &projects()[0];
    let socket = json!([{"type": "bind", "source": "/var/run/docker.sock", "target": "/var/run/docker.sock"}]);
    let broken = [
        ("user", json!("0:0"), "is nobody's root"),
        ("user", json!("10001:0"), "is nobody's root"),
        ("user", Value::Null, "is nobody's root"),
        ("read_only", json!(false), "cannot write to its image"),
        ("cap_drop", json!(["NET_RAW"]), "has no capabilities"),
        ("cap_add", json!(["NET_ADMIN"]), "has no capabilities"),
        ("security_opt", Value::Null, "gains no rights"),
        ("privileged", json!(true), "gains no rights"),
        ("network_mode", json!("host"), "has spaces of its own"),
        ("pid", json!("host"), "has spaces of its own"),
        ("volumes", socket, "mounts nothing of the host"),
        ("mem_limit", Value::Null, "has bounds"),
        ("memswap_limit", json!("-1"), "has bounds"),
        ("cpus", Value::Null, "has bounds"),
        ("pids_limit", Value::Null, "has bounds"),
        ("logging", json!({"driver": "json-file"}), "has bounds"),
        ("restart", Value::Null, "ends or is started again"),
        ("healthcheck", json!({"disable": true}), "is asked how it is"),
        ("image", json!("berth/berthd:latest"), "has an exact image"),
        ("image", json!("berth/berthd"), "has an exact image"),
        ("image", json!("berth/berthd:0.1"), "has an exact image"),
        ("environment", json!({"SOME_PASSWORD": "x"}), "has its secrets in files"),
        ("environment", json!({"BERTH_X_FILE": "/etc/x"}), "has its secrets in files"),
        ("environment", json!({"BERTH_X": "mysql://me:x@mariadb:3306"}), "has its secrets in files"),
        ("command", json!(["--key=Jm3Wq8ZrT5uYx2LkBv7N"]), "has its secrets in files"),
    ];
    for (key, value, what) in broken {
        let mut project = project.clone();
        project["services"]["feed"][key] = value.clone();
        assert_eq!(breaches(&project), [format!("feed: {what}")], "{key}: {value}");
    }
}
