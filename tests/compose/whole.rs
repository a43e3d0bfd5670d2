//! The file as it is written, by the command that readers use, with nothing there before: secrets, servers, services and the door.

use std::process::Command;
use std::time::Instant;

use berth_tests::repository;

/// A project, subnet and port of its own, beside the reader's.
struct Project {
    home: tempfile::TempDir,
    port: u16,
}

impl Project {
    fn new() -> Self {
        let home = tempfile::Builder::new().prefix("berth-compose-").tempdir().expect("a directory can be made");
        // Below the range that the kernel lends to outgoing connections; no other test is at this one.
        Self { home, port: 30_998 }
    }

    fn script(&self, script: &str, words: &[&str]) -> String {
        let path = |name: &str| self.home.path().join(name);
        let mut command = Command::new(repository().join(script));
        command.args(words).env("COMPOSE_PROJECT_NAME", "berth-test-whole").env("BERTH_NET", "10.189.0");
        // What the reader has in .env is the reader's.
        command.env("COMPOSE_DISABLE_ENV_FILE", "1").env("COMPOSE_FILE", "docker-compose.yml");
        command.env("BERTH_SECRETS", path("secrets")).env("BERTH_STATE", path("state")).env("BERTH_VERSION", "test");
        command.env("BERTH_PUBLISH", format!("127.0.0.1:{}", self.port)).env("COMPOSE_BERTHD", berth_tests::berthd());
        command.env("BERTH_CLI", berth_tests::berthd().with_file_name("berth"));
        if let Ok(code) = std::fs::read_to_string(path("secrets/setup_code")) {
            command.env("BERTH_SETUP_CODE", code.trim());
        }
        let done = command.output().unwrap_or_else(|error| panic!("{script} cannot be run: {error}"));
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{script} {words:?}: {said}");
        said
    }

    fn compose(&self, words: &[&str]) -> String {
        self.script("stack/compose.sh", words)
    }

    /// What a line of `docker compose ps` says of each container.
    fn containers(&self) -> Vec<String> {
        let list = self.compose(&["do", "ps", "-a", "--format", "{{.Service}} {{.State}} {{.ExitCode}} {{.Health}}"]);
        list.lines().map(str::to_owned).collect()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.compose(&["do", "logs", "--tail", "15"]));
        }
        self.compose(&["forget"]);
    }
}

#[test]
fn the_file_as_it_is_written_comes_up_from_nothing_and_again() {
    let project = Project::new();
    let began = Instant::now();
    let said = project.compose(&["up"]);
    eprintln!("from nothing: {:?}", began.elapsed());
    assert!(said.contains(&format!("http://127.0.0.1:{}", project.port)), "{said}");
    all_well(&project.containers());
    walk(&project);
    nothing_else_is_published(&project);

    project.compose(&["down"]);
    let began = Instant::now();
    project.compose(&["up", "--scale", "allocation=2"]);
    eprintln!("again, its data there: {:?}", began.elapsed());
    let containers = project.containers();
    all_well(&containers);
    assert_eq!(containers.iter().filter(|line| line.starts_with("allocation ")).count(), 2);
    // Logged in and running as before.
    walk(&project);
}

/// Who serves is healthy; who has something to do once has done it.
fn all_well(containers: &[String]) {
    let once = ["certificates", "accounts", "migrate", "docs"];
    for line in containers {
        let service = line.split(' ').next().unwrap_or_default();
        let wanted = if once.contains(&service) { "exited 0" } else { "running 0 healthy" };
        assert!(line.contains(wanted), "{line}: {containers:?}");
    }
    assert!(containers.len() >= 18, "{containers:?}");
}

/// The main job, by the client: an account, its code from the mail, a Redis, a real PING.
fn walk(project: &Project) {
    let said = project.compose(&["walk"]);
    assert!(said.lines().any(|line| line.contains("PING") && line.ends_with("PONG")), "{said}");
}

fn nothing_else_is_published(project: &Project) {
    let ports = project.compose(&["do", "ps", "--format", "{{.Service}} {{.Ports}}"]);
    let published: Vec<&str> = ports.lines().filter(|line| line.contains("->")).collect();
    assert_eq!(published.len(), 1, "{ports}");
    assert!(published[0].starts_with("nginx ") && published[0].contains("127.0.0.1:"), "{ports}");
}
