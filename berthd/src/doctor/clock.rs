//! Clocks: this machine's beside the servers', and whether it is kept right.

use std::sync::Arc;
use std::time::Duration;

use kit::Timestamp;

use super::context::Context;
use super::finding::{Check, Finding};
use super::table::{Area, Job};

const SKEW: Check = Check::new("clock.skew", "Every server's clock agrees with this machine's");
const SYNC: Check = Check::new("clock.sync", "Something keeps this machine's clock right");

pub const AREA: Area = Area { name: "clock", when: "always; a server's where it answers", checks: &[SKEW, SYNC], jobs };

/// From here on the order of what two of them noted may be wrong.
const NOTED: Duration = Duration::from_secs(2);
/// From here on codes, tokens and certificates are too old or too young for others.
const HURTS: Duration = Duration::from_secs(30);

fn jobs(_: &Arc<Context>) -> Vec<Job> {
    vec![Job::new(SYNC, async {
        let asked = tokio::process::Command::new("timedatectl")
            .args(["show", "-p", "NTPSynchronized", "--value"])
            .kill_on_drop(true)
            .output()
            .await;
        let text = asked.ok().filter(|output| output.status.success());
        vec![sync(text.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).as_deref())]
    })]
}

/// A server's clock, read just now.
pub fn skew(theirs: Timestamp, ours: Timestamp) -> Finding {
    let (apart, word) = if theirs < ours { (ours.since(theirs), "behind") } else { (theirs.since(ours), "ahead of") };
    let told = format!("its clock is {:.1} s {word} this machine's", apart.as_secs_f32());
    let advice = "set both right: install chrony or systemd-timesyncd on each";
    match apart {
        apart if apart >= HURTS => SKEW.wrong(told, advice),
        apart if apart >= NOTED => SKEW.warning(told, advice),
        _ => SKEW.ok("it agrees with this machine's"),
    }
}

fn sync(answer: Option<&str>) -> Finding {
    match answer.map(str::trim) {
        Some("yes") => SYNC.ok("it is synchronised"),
        Some("no") => SYNC.warning(
            "nothing has set this machine's clock yet",
            "install chrony or systemd-timesyncd; see `timedatectl`",
        ),
        _ => SYNC.ok("whether it is synchronised cannot be seen from here"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::is;
    use super::*;

    #[test]
    fn clocks_may_differ_a_little() {
        let at = |seconds: i64| Timestamp::from_micros(1_000_000_000 + seconds * 1_000_000);
        assert_eq!(skew(at(1), at(0)).level, Level::Ok);
        let behind = skew(at(0), at(5));
        is(&behind, Level::Warning, "chrony");
        assert!(behind.told.contains("5.0 s behind"), "{}", behind.told);
        is(&skew(at(60), at(0)), Level::Wrong, "chrony");
    }

    #[test]
    fn what_cannot_be_seen_is_not_wrong() {
        assert_eq!((sync(Some("yes\n")).level, sync(None).level), (Level::Ok, Level::Ok));
        is(&sync(Some("no\n")), Level::Warning, "timedatectl");
    }
}
