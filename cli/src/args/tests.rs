//! The command line as a whole: it is consistent, its examples are no lies, and slips are found.

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use kit::Bytes;

use super::*;

fn parse(line: &str) -> Result<Args, clap::Error> {
    Args::try_parse_from(std::iter::once("berth").chain(line.split_whitespace()))
}

fn created(line: &str) -> allocation::Create {
    match parse(line).unwrap().command {
        Command::Create(create) => create,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_command_line_is_consistent_and_tells_its_exit_codes() {
    Args::command().debug_assert();
    let help = parse("--help").unwrap_err();
    assert!(help.kind() == ErrorKind::DisplayHelp && help.to_string().contains("8  the allocation failed"));
}

/// Words as a shell sees them, with single quotes only.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn examples_of(command: &clap::Command, seen: &mut Vec<String>) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples: Vec<&str> = help.split("Examples:\n").skip(1).flat_map(str::lines).map(str::trim).collect();
    assert!(!examples.is_empty(), "{} has no example", command.get_name());
    seen.extend(examples.iter().map(|&line| line.to_owned()));
    command.get_subcommands().for_each(|below| examples_of(below, seen));
}

#[test]
fn every_command_has_examples_and_each_of_them_is_a_good_command_line() {
    let mut examples = Vec::new();
    examples_of(&Args::command(), &mut examples);
    for example in examples {
        Args::try_parse_from(words(&example)).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
}

#[test]
fn what_holds_for_all_commands_may_stand_before_or_behind() {
    for line in ["--url http://x --json --context work ls", "ls --json --context work --url http://x"] {
        let global = parse(line).unwrap().global;
        assert!(global.json && global.url.as_deref() == Some("http://x"), "{line}");
        assert_eq!(global.context.as_deref(), Some("work"));
    }
}

#[test]
fn a_create_carries_properties_and_limits() {
    let create = created("create redis --name demo --property a=b=c -p d= --cpu 0.5 --memory 512MiB --disk 1GiB");
    assert_eq!(create.property, [("a".into(), "b=c".into()), ("d".into(), String::new())]);
    assert_eq!((create.cpu, create.memory), (Some(kit::Cpu::millis(500)), Some(Bytes::mib(512))));
}

#[test]
fn the_last_word_on_waiting_counts() {
    assert!(!created("create redis").waiting.no_wait);
    assert!(created("create redis --wait --no-wait").waiting.no_wait);
    assert!(!created("create redis --no-wait --wait").waiting.no_wait);
}

#[test]
fn a_noun_alone_lists() {
    for line in ["sessions", "keys", "context", "notify preferences"] {
        parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn slips_are_found_without_the_platform() {
    for line in [
        "create",
        "create redis --cpu 0",
        "create redis --memory 1.5GiB",
        "create redis -p =x",
        "logs",
        "ls --sort color",
        "otp --email a@b --purpose party",
        "otp --email a@b --channel pigeon",
        "profile --phone +49 --no-phone",
        "profile --email-notification maybe",
        "password-reset --otp 123456 --channel sms",
        "sessions close ../me",
        "admin resend a/b",
        "admin quota a?b",
        "comments rm redis ..",
        "keys create ci",
        "keys create ci --scope everything",
        "keys create ci --scope logs:read --expires soon",
        "rename cache No_Name",
        "rm cache --keep-volumes",
        "events cache --limit 0",
        "audit --limit 0",
        "comments ls redis --limit 0",
        "machine revisions redis --limit 0",
        "admin users --limit 0",
        "admin allocations --limit 0",
        "admin dead-letters --limit 0",
        "comments add redis",
        "notify webhooks add https://example.org",
        "notify webhooks update 0190b1d6",
        "notify preferences set a b perhaps",
        "admin users --verified perhaps",
        "admin audit --since yesterday",
        "admin quota 0190b1d6 --reset --instances 5",
        "context add No_Name http://x",
        "completions tcsh",
        "ls --color sometimes",
        "fly",
    ] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
}
