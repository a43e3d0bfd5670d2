//! TLS at the door: what it speaks, what it refuses, and a certificate for local use.

use std::path::Path;
use std::process::Command;

use berth_tests::door::Door;
use berth_tests::{Receiver, until};

fn certificate(directory: &Path, names: &[&str]) -> String {
    let script = berth_tests::repository().join("nginx/certificate.sh");
    let done = Command::new(script).arg(directory).args(names).output().expect("the script can be run");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// What curl says: HTTP version, status, where it is sent and the head of the answer; or its exit code.
async fn curl(home: &Path, words: &[&str]) -> Result<String, i32> {
    let mut command = Command::new("curl");
    command.args([
        "-sS",
        "-o",
        "/dev/null",
        "-D",
        "-",
        "-w",
        "\nversion=%{http_version}\n",
        "--max-time",
        "20",
        "--cacert",
    ]);
    command.arg(home.join("door.pem")).args(words);
    let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("curl can be run");
    match done.status.code() {
        Some(0) => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        code => Err(code.unwrap_or(-1)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_tls_of_today_and_shows_others_the_way() {
    let receiver = Receiver::start().await;
    let listen = Door::free_address();
    let told = [("DOOR_TLS_LISTEN", listen.as_str())];
    let door =
        Door::with(&receiver.address(), &told, |home| drop(certificate(home, &["localhost", "127.0.0.1"]))).await;
    let url = format!("https://{}/machines", door.address);
    for (tls, http) in [("--tlsv1.2", "--http1.1"), ("--tlsv1.3", "--http1.1"), ("--tlsv1.3", "--http2")] {
        let answer = curl(door.home(), &[tls, http, &url]).await.unwrap();
        assert!(
            answer.contains(" 200") && answer.contains(&format!("version={}", &http["--http".len()..])),
            "{answer}"
        );
        assert!(answer.to_lowercase().contains("strict-transport-security: max-age=31536000"), "{answer}");
    }
    assert_eq!(receiver.received().pop().unwrap().header("x-forwarded-proto"), "https");
    let old = ["--tls-max", "1.1", "--tlsv1.0", "--ciphers", "DEFAULT@SECLEVEL=0", url.as_str()];
    assert_eq!(curl(door.home(), &old).await, Err(35), "no handshake");
    let weak = ["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-SHA", url.as_str()];
    assert_eq!(curl(door.home(), &weak).await, Err(35), "no cipher in common");
    // Plain HTTP at the plain port, and at the TLS port.
    let listen = std::fs::read_to_string(door.home().join("listen.conf")).unwrap();
    let plain = listen.lines().find_map(|line| line.strip_prefix("server { listen ")?.split(';').next()).unwrap();
    for address in [plain, &door.address] {
        let answer = curl(door.home(), &[&format!("http://{address}/machines?a=b")]).await.unwrap();
        assert!(
            answer.contains("308")
                && answer
                    .contains(&format!("https://127.0.0.1:{}/machines?a=b", door.address.rsplit(':').next().unwrap())),
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_was_refused_is_tried_again() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let listen = Door::free_address();
    let told = [("DOOR_TLS_LISTEN", listen.as_str())];
    let door = Door::with(&first.address(), &told, |home| drop(certificate(home, &["127.0.0.1"]))).await;
    let url = format!("https://{}/machines", door.address);
    let key = door.home().join("door.key");
    let right = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, "nonsense").unwrap();
    door.move_to(|_| second.address());
    let log = || async { std::fs::read_to_string(door.home().join("log")).unwrap_or_default() };
    until("the reload to be refused", log, |log| log.contains("cannot load certificate key")).await;
    assert!(curl(door.home(), &[&url]).await.unwrap().contains(" 200"), "it goes on as it was");
    assert_eq!((first.received().len(), second.received().len()), (1, 0));
    std::fs::write(&key, right).unwrap();
    let ask = || async {
        curl(door.home(), &[&url]).await.unwrap();
        second.received().len()
    };
    until("the new place to be asked", ask, |asked| *asked > 0).await;
}

#[test]
fn a_certificate_of_ones_own_is_made_once_and_a_real_one_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    assert!(
        certificate(home.path(), &["berth.example", "192.0.2.1", "::1"])
            .contains("DNS:berth.example,IP:192.0.2.1,IP:::1")
    );
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
    let first = read("door.pem");
    assert_eq!(certificate(home.path(), &["other.example"]), "", "it has long to go");
    assert_eq!(read("door.pem"), first);
    let mode = std::os::unix::fs::PermissionsExt::mode(&home.path().join("door.key").metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // Somebody else's, which has ended.
    let subject = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/O=Somebody else"];
    let files = [("-keyout", "door.key"), ("-out", "door.pem")]
        .map(|(flag, file)| [flag.into(), home.path().join(file).into_os_string()]);
    let made = Command::new("openssl").args(subject).args(files.concat()).output().unwrap();
    assert!(made.status.success());
    let theirs = read("door.pem");
    certificate(home.path(), &["berth.example"]);
    assert_eq!(read("door.pem"), theirs);
}

#[test]
fn nginx_takes_what_is_written() {
    for told in [
        vec![("DOOR_LISTEN", "127.0.0.1:18080")],
        vec![("DOOR_LISTEN", "[::1]:18080"), ("DOOR_PROXIES", "10.0.0.0/8 192.0.2.1"), ("DOOR_LOG", "off")],
        vec![("DOOR_LISTEN", "80"), ("DOOR_TLS_LISTEN", "443")],
    ] {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(
            home.path().join("peers"),
            berth_tests::door::SERVICES.map(|name| format!("{name} localhost:9,[::1]:9\n")).concat(),
        )
        .unwrap();
        certificate(home.path(), &["localhost"]);
        let mut command = Command::new(berth_tests::repository().join("nginx/door.sh"));
        let done = command.arg(home.path()).arg("test").envs(told.iter().copied()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() && said.is_empty(), "{told:?}: {said}");
    }
}
