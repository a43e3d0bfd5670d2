//! Every kind of message as it is read, and what must hold for all of them.

use std::time::Duration;

use kit::Timestamp;

use super::{Envelope, Mail, Text, mail, short};
use crate::domain::facts::{Allocation, Facts, Port, Reason};
use crate::domain::kind::Kind;
use crate::domain::letter::{Letter, Material};

const AT: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

fn allocation(name: &str, detail: &str) -> Facts {
    Facts::Allocation(Box::new(Allocation {
        id: "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a".into(),
        name: name.into(),
        tenant_id: "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8b".into(),
        machine_id: "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8c".into(),
        machine_name: "redis".into(),
        machine_revision: 3,
        site: "local".into(),
        desired: "running".into(),
        state: "failed".into(),
        reason: Some(Reason { code: "oom_killed".into(), detail: detail.into() }),
        host: "berth.example.org".into(),
        ports: vec![Port {
            name: "redis".into(),
            container_port: 6379,
            host_port: Some(20_003),
            protocol: "tcp".into(),
        }],
        created_at: AT,
        updated_at: AT,
        started_at: None,
        revision: 7,
    }))
}

fn facts(kind: Kind) -> Facts {
    match kind {
        Kind::AllocationRunning | Kind::AllocationFailed | Kind::AllocationRemoved => {
            allocation("cache", "The program used more memory than its limit of 64 MiB, five times in a row.")
        }
        Kind::WebhookDisabled => Facts::of(&[("url", "https://ada.example.org/berth"), ("reason", "failing")]),
        _ => Facts::of(&[
            ("address", "203.0.113.9"),
            ("agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0, as it says of itself"),
            ("name", "backups"),
            ("scopes", "allocations:read logs:read"),
            ("expires_at", "2026-02-01T00:00:00.000000Z"),
            ("number", "5678"),
            ("email", "ada@new.example.org"),
        ]),
    }
}

fn written(kind: Kind, name: &str, facts: &Facts, log: &[String]) -> (Mail, Text) {
    let material = Material {
        facts,
        code: "483920",
        valid_for: Duration::from_secs(600),
        occurred_at: AT,
        log,
        public_url: Some("https://berth.example.org/console"),
    };
    let letter = Letter::write(kind, &material);
    let to = Envelope { id: "id", to: "ada@example.org", first_name: name, at: AT };
    (mail(to, &letter), short(to, &letter))
}

fn sample(kind: Kind) -> (Mail, Text) {
    let log: Vec<String> =
        (1..=3).map(|number| format!("\u{1b}[31m{number}:M 01 Jan\u{1b}[0m out of <memory>")).collect();
    written(kind, "Ada", &facts(kind), &log)
}

#[test]
fn every_kind_reads_as_it_was_agreed() {
    for kind in Kind::ALL {
        let (mail, text) = sample(*kind);
        let shown = format!("Subject: {}\n\n{}\nText message: {}", mail.subject, mail.plain, text.text);
        insta::assert_snapshot!(kind.as_str(), shown);
    }
}

#[test]
fn the_html_part_is_as_it_was_looked_at() {
    insta::assert_snapshot!("allocation_failed_html", sample(Kind::AllocationFailed).0.html);
}

#[test]
fn what_people_and_programs_wrote_is_no_markup_and_adds_no_lines() {
    let hostile = "<b>Eve</b>\r\nBcc: all";
    let log = ["</pre><script>alert(1)</script>\u{1b}[2J".to_owned()];
    for kind in Kind::ALL {
        let mut facts = allocation(hostile, hostile);
        if facts_are_details(*kind) {
            facts = Facts::of(&[("address", hostile), ("agent", hostile), ("name", hostile), ("url", hostile)]);
        }
        let (mail, text) = written(*kind, hostile, &facts, &log);
        assert!(mail.html.contains("Hello &lt;b&gt;Eve&lt;/b&gt;Bcc: all,"), "{}", mail.html);
        assert!(!mail.html.contains("<b>") && !mail.html.contains("<script"), "{}", mail.html);
        let one_line = |text: &str| !text.contains(['\r', '\n', '\u{1b}']);
        assert!(one_line(&mail.subject) && one_line(&text.text), "{kind:?}");
        assert!(!mail.plain.contains(['\r', '\u{1b}']) && !mail.plain.contains("\nBcc"), "{}", mail.plain);
    }
}

fn facts_are_details(kind: Kind) -> bool {
    facts(kind).allocation().is_none()
}

#[test]
fn lines_and_text_messages_keep_to_their_lengths() {
    let long = allocation(&"a".repeat(63), &"Something went wrong. ".repeat(40));
    let log = ["x".repeat(500), "y".repeat(70)];
    for kind in Kind::ALL {
        for (mail, text) in [sample(*kind), written(*kind, "Ada", &long, &log)] {
            assert!(mail.plain.lines().all(|line| line.chars().count() <= 72), "{}", mail.plain);
            assert!(text.text.chars().count() <= 160, "{}", text.text);
        }
    }
}

#[test]
fn a_code_stands_in_the_subject_and_on_a_line_of_its_own() {
    for kind in Kind::ALL.iter().filter(|kind| kind.is_code()) {
        let (mail, text) = sample(*kind);
        assert!(mail.subject.starts_with("483920 ") && text.text.starts_with("483920 "));
        for part in [&mail.plain, &mail.html] {
            assert!(part.lines().any(|line| line.trim() == "483920"), "{part}");
            assert!(part.contains("within 10 minutes"), "{part}");
        }
    }
}

#[test]
fn nothing_is_clickable_but_the_platform() {
    for kind in Kind::ALL {
        let (mail, _) = sample(*kind);
        let links = mail.html.matches("href=").count();
        assert_eq!(links, mail.html.matches("href=\"https://berth.example.org/console\"").count(), "{kind:?}");
        assert!(!mail.html.contains("<img") && !mail.html.contains("<table"), "{kind:?}");
    }
}
