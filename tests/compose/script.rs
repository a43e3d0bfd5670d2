//! `stack/compose.sh` beside Compose: it reads what Compose reads, and does not remove what is another's. Nothing is started.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use berth_tests::repository;

/// Runs the script with these settings and no others, .env's included: what it said, as an error where it failed.
pub fn compose(settings: &[(&str, &str)], words: &[&str]) -> Result<String, String> {
    let mut command = Command::new(repository().join("stack/compose.sh"));
    for (name, _) in std::env::vars().filter(|(name, _)| name != "BERTH_CACHE") {
        if ["BERTH_", "COMPOSE_", "DOOR_"].iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    output(command.args(words).env("COMPOSE_DISABLE_ENV_FILE", "1").envs(settings.iter().copied()))
}

fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().expect("it can be run");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok(said) } else { Err(said + &complaint) }
}

/// Runs a function of the script's parts.
fn part(file: &str, call: &str, arguments: &[&str]) -> Result<String, String> {
    let text = format!(". stack/lib.sh; . stack/compose/{file}; {call}");
    output(Command::new("bash").current_dir(repository()).args(["-c", &text, "-"]).args(arguments))
}

fn directory() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("berth-compose-").tempdir().expect("a directory can be made")
}

#[test]
fn env_says_the_same_to_the_script_as_to_compose() {
    const WRITTEN: &str = "# a comment\nONE=plain\nexport TWO = \"two words\" # why\nTHREE='a # b'\nFOUR=a#b\nFIVE=ab # why\nSIX=\n\
                           SEVEN: by a colon\nEIGHT=first\nEIGHT=last\nNINE=\t tabs \t\nTEN=#no\nELEVEN=x=y:z\nTWELVE=line\r\n";
    const NAMES: [&str; 13] =
        ["ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN", "TWELVE", "NOWHERE"];
    let home = directory();
    let path = home.path().to_str().expect("its name is text");
    let lines: Vec<String> = NAMES.iter().map(|name| format!("  x-{name}: \"<${{{name}:-default}}>\"\n")).collect();
    fs::write(home.path().join(".env"), WRITTEN).expect("it can be written");
    fs::write(home.path().join("file.yml"), format!("services:\n  it:\n    image: x\nx-all:\n{}", lines.concat()))
        .expect("it can be written");
    let (env, file) = (format!("{path}/.env"), format!("{path}/file.yml"));
    let theirs = compose(&[], &["do", "--env-file", &env, "-f", &file, "config"]).expect("Compose takes it");
    for name in NAMES {
        let ours = part("told.sh", "BERTH_ROOT=\"$1\"; told \"$2\" default", &[path, name]).expect("it is read");
        let line = theirs.lines().find(|line| line.trim_start().starts_with(&format!("x-{name}:")));
        let line = line.unwrap_or_else(|| panic!("{name} is not in {theirs}"));
        assert!(line.contains(&format!("<{}>", ours.trim_end_matches('\n'))), "{name} is `{ours}` to us: {line}");
    }
}

#[test]
fn what_env_would_have_run_is_refused_and_the_shell_goes_first() {
    let home = directory();
    let path = home.path().to_str().expect("its name is text");
    fs::write(home.path().join(".env"), format!("NAME=$(touch {path}/ran)\n")).expect("it can be written");
    let refused = part("told.sh", "BERTH_ROOT=\"$1\"; it=\"$(told NAME default)\"; echo \"went on\"", &[path]);
    assert!(refused.as_ref().is_err_and(|said| said.contains("NAME") && !said.contains("went on")), "{refused:?}");
    assert!(!home.path().join("ran").exists());
    let shell = part("told.sh", "BERTH_ROOT=\"$1\" NAME=shell; told NAME default", &[path]);
    assert_eq!(shell.as_deref(), Ok("shell\n"));
    let empty = part("told.sh", "BERTH_ROOT=\"$1\" NAME=; told NAME default", &[path]);
    assert_eq!(empty.as_deref(), Ok("default\n"));
}

#[test]
fn one_password_in_two_files_changes_in_both() {
    let home = directory();
    let path = home.path().join("secrets");
    let make = || part("secrets.sh", "make_secrets \"$1\" berth", &[path.to_str().expect("its name is text")]);
    let read = |name: &str| fs::read_to_string(path.join(name)).expect("it was made");
    let all = || fs::read_dir(&path).expect("it is there").map(|it| it.expect("it is there").file_name());
    make().expect("they are made");
    for gone in ["redis_conf", "redis_url"] {
        let before: Vec<(String, String)> =
            all().map(|name| name.to_string_lossy().into_owned()).map(|name| (name.clone(), read(&name))).collect();
        fs::remove_file(path.join(gone)).expect("it was there");
        make().expect("they are made");
        let password = read("redis_conf").replace("requirepass ", "");
        assert_eq!(read("redis_url"), format!("redis://:{}@redis:6379\n", password.trim()));
        for (name, text) in before {
            assert_eq!(read(&name) == text, !name.starts_with("redis_"), "{name} where {gone} was gone");
        }
    }
}

/// A state directory with an allocation's logs in it, and secrets.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(directory());
        fs::create_dir_all(place.path("state/site/logs")).expect("it can be made");
        fs::create_dir_all(place.path("secrets")).expect("it can be made");
        place.write("secrets/installation", "0198c0de-0000-7000-8000-000000000001\n");
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("it can be written");
    }

    fn forget(&self) -> Result<String, String> {
        let text = |path: &Path| path.to_str().expect("its name is text").to_owned();
        let (state, secrets) = (text(&self.path("state")), text(&self.path("secrets")));
        let settings = [
            ("COMPOSE_PROJECT_NAME", "berth-test-forget"),
            ("BERTH_STATE", state.as_str()),
            ("BERTH_SECRETS", secrets.as_str()),
        ];
        compose(&settings, &["forget"])
    }

    #[track_caller]
    fn keeps(&self, why: &str) {
        let said = self.forget();
        assert!(said.as_ref().is_err_and(|said| said.contains(why)), "{said:?}");
        assert!(self.path("state/site/logs").exists(), "it is gone");
    }
}

#[test]
fn what_is_another_s_is_not_forgotten() {
    let place = Place::new();
    place.write("state/user.db", "");
    place.keeps("berthd up");
    fs::remove_file(place.path("state/user.db")).expect("it was there");

    place.write("state/installation", "0198c0de-0000-7000-8000-000000000002\n");
    place.keeps("another installation");
    assert!(fs::read_to_string(place.path("state/installation")).is_ok_and(|id| id.ends_with("2\n")));
    fs::remove_file(place.path("state/installation")).expect("it was there");

    let lock = File::create(place.path("state/lock")).expect("it can be made");
    lock.lock().expect("nobody else holds it");
    place.keeps("holds");
    drop(lock);

    fs::rename(place.path("secrets/installation"), place.path("id")).expect("it was there");
    place.keeps("cannot be told");
    fs::rename(place.path("id"), place.path("secrets/installation")).expect("it was there");

    place.forget().expect("nothing is in the way");
    assert_eq!(fs::read_dir(place.path("state")).expect("it stays").count(), 0);
    assert!(place.path("secrets/installation").exists());
}
