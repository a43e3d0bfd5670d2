//! How the client looks: colours for people only, completions and man pages without any platform.

use crate::support::client::Client;
use crate::support::platform::Platform;
use crate::support::usual;

#[tokio::test]
async fn nothing_that_goes_into_a_pipe_has_colours() {
    let platform = Platform::start(|asked, _| usual(asked, "failed")).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    for line in ["ls", "show demo", "machines", "profile", "admin users", "show other", "--help", "rm", "--json ls"] {
        let words: Vec<&str> = ["--url", &platform.url].into_iter().chain(line.split_whitespace()).collect();
        let ran = client.run_with(&words, &[("TERM", "xterm-256color")], "").await;
        assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{line}: {ran:?}");
    }
}

#[tokio::test]
async fn colours_can_be_asked_for_and_programs_never_get_them() {
    let platform = Platform::start(|asked, _| usual(asked, "failed")).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    let ran = client.run("ls --color always").await;
    assert!(ran.out.contains("\u{1b}[31mfailed\u{1b}[0m"), "{ran:?}");
    assert!(!client.run("ls --color never").await.out.contains('\u{1b}'));
    assert!(!client.run("ls --json --color always").await.out.contains('\u{1b}'));
    assert!(client.run("show other --color always").await.err.starts_with("\u{1b}[31mberth:\u{1b}[0m There is"));
}

#[tokio::test]
async fn completions_and_man_pages_need_neither_platform_nor_home() {
    let client = Client::new("");
    let environment = [("XDG_CONFIG_HOME", ""), ("HOME", "")];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = client.run_with(&["completions", shell], &environment, "").await;
        assert!(ran.code == 0 && ran.out.contains("password-reset"), "{shell}: {}", ran.err);
    }
    let ran = client.run_with(&["man"], &environment, "").await;
    assert!(ran.code == 0 && ran.out.matches(".SH NAME").count() > 60, "{}", ran.err);
    let directory = client.config.path().join("man1");
    let ran = client.run_with(&["man", directory.to_str().unwrap()], &environment, "").await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(std::fs::read_to_string(directory.join("berth-context-use.1")).unwrap().contains(".SH EXAMPLES"));
}

/// What fish offers behind a line, one a line.
async fn offered(client: &Client, url: &str, words: &[&str]) -> Vec<String> {
    let words: Vec<&str> = ["--", "berth"].iter().chain(words).copied().collect();
    let ran = client.run_with(&words, &[("BERTH_COMPLETE", "fish"), ("BERTH_URL", url)], "").await;
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_shell_is_offered_the_names_that_there_are() {
    let platform = Platform::start(|asked, _| usual(asked, "running")).await;
    let client = Client::logged_in(&platform.url, "a", "r");
    assert_eq!(offered(&client, &platform.url, &["show", "d"]).await, ["demo"]);
    assert_eq!(offered(&client, &platform.url, &["create", "r"]).await, ["redis"]);
    assert_eq!(offered(&client, &platform.url, &["context", "use", "d"]).await, ["default"]);
    assert!(offered(&client, &platform.url, &["show", "x"]).await.is_empty());
    assert!(offered(&client, "http://127.0.0.1:1", &["show", "d"]).await.is_empty());
}
