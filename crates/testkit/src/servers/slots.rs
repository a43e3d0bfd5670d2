//! Whether scripts keep to one slot of a Redis Cluster: what a server is asked while something is done, and where keys lie.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::{Own, unique};

/// One command that a server ran.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whether a script asked for it.
    pub by_script: bool,
    pub words: Vec<String>,
}

/// What a Redis of one's own runs until some work is done.
///
/// # Panics
/// Where the server cannot be watched.
pub async fn watched(own: &Own, work: impl Future<Output = ()>) -> Vec<Seen> {
    let watching = Command::new("redis-cli")
        .args(["-u", own.address(), "MONITOR"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut watching = watching.expect("redis-cli is there");
    let mut lines = BufReader::new(watching.stdout.take().expect("it is a pipe")).lines();
    let mut next = async || lines.next_line().await.expect("the server is watched").expect("it goes on");
    assert_eq!(next().await, "OK");
    work.await;
    let end = unique("end");
    let told = Command::new("redis-cli").args(["-u", own.address(), "ECHO", &end]).stdout(Stdio::null()).status().await;
    assert!(told.expect("redis-cli is there").success());
    let mut seen = Vec::new();
    loop {
        let line = next().await;
        if line.contains(&end) {
            return seen;
        }
        seen.push(parse(&line));
    }
}

/// `1700000000.123456 [0 127.0.0.1:4000] "GET" "a"`; a script's have `lua` for an address.
fn parse(line: &str) -> Seen {
    let (from, words) = line.split_once("] \"").unwrap_or((line, ""));
    let words = words.trim_end_matches('"').split("\" \"").map(str::to_owned).collect();
    Seen { by_script: from.ends_with(" lua"), words }
}

/// Checks that every script names keys of one slot, and touches no others.
///
/// # Panics
/// Where one does not, or no script ran.
pub fn assert_one_slot_a_script(seen: &[Seen]) {
    let mut named: Vec<&str> = Vec::new();
    let mut scripts = 0;
    for Seen { by_script, words } in seen {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["EVALSHA" | "EVAL", _, number, ref rest @ ..] => {
                scripts += 1;
                named = rest[..number.parse().expect("a number of keys")].to_vec();
                let slots: std::collections::BTreeSet<u16> = named.iter().map(|key| slot(key)).collect();
                assert_eq!(slots.len(), 1, "{named:?}");
                assert!(named.iter().all(|key| tag(key) != *key), "without a hash tag: {named:?}");
            }
            [_, key, ..] if *by_script => assert!(named.contains(&key), "a script touches {key}, and named {named:?}"),
            _ => {}
        }
    }
    assert!(scripts > 0, "no script ran: {seen:?}");
}

/// The part of a key that decides on its slot: what stands in its first braces, or all of it.
fn tag(key: &str) -> &str {
    let inside = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(inside, _)| inside);
    inside.filter(|inside| !inside.is_empty()).unwrap_or(key)
}

/// The slot of a key: CRC-16/XMODEM of its tag, modulo 16384 (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>).
pub fn slot(key: &str) -> u16 {
    let crc = tag(key).bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    });
    crc % 16384
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_what_the_specification_says() {
        assert_eq!(slot("123456789"), 0x31C3);
        assert_eq!(slot("berth:limit:{123456789}"), 0x31C3);
        assert_eq!(slot("a{}b"), slot("a{}b"));
        assert_eq!((tag("a{}b"), tag("{a}{b}"), tag("a{b")), ("a{}b", "a", "a{b"));
    }

    fn seen(lines: &[&str]) -> Vec<Seen> {
        lines.iter().map(|line| parse(line)).collect()
    }

    #[test]
    fn a_script_that_keeps_to_its_slot_is_right() {
        assert_one_slot_a_script(&seen(&[
            r#"1.5 [0 127.0.0.1:4000] "EVALSHA" "abc" "2" "x:{a}" "y:{a}" "7""#,
            r#"1.5 [0 lua] "TIME""#,
            r#"1.5 [0 lua] "SET" "y:{a}" "1""#,
            r#"1.5 [0 127.0.0.1:4000] "GET" "other""#,
        ]));
    }

    #[test]
    #[should_panic(expected = "left: 2")]
    fn keys_of_two_slots_are_found() {
        assert_one_slot_a_script(&seen(&[r#"1.5 [0 127.0.0.1:4000] "EVALSHA" "abc" "2" "x:{a}" "y:{b}""#]));
    }

    #[test]
    #[should_panic(expected = "without a hash tag")]
    fn a_key_without_a_tag_is_found() {
        assert_one_slot_a_script(&seen(&[r#"1.5 [0 127.0.0.1:4000] "EVALSHA" "abc" "1" "x""#]));
    }

    #[test]
    #[should_panic(expected = "a script touches z")]
    fn a_key_that_was_not_named_is_found() {
        let lines = [r#"1.5 [0 127.0.0.1:4000] "EVALSHA" "abc" "1" "x:{a}""#, r#"1.5 [0 lua] "GET" "z""#];
        assert_one_slot_a_script(&seen(&lines));
    }
}
