//! How far a schema is beside how far this program would bring it: the same question of every kind of database.

use super::finding::{Check, Finding};

/// What a schema means that has steps which this program does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newer {
    /// A file's: somebody went back to an older program, which nothing was tried with.
    Refused,
    /// A server's: beside an older program a newer one may run, as in an upgrade.
    Shared,
}

pub fn judge<T: PartialEq + std::fmt::Display>(check: Check, applied: &[T], known: &[T], newer: Newer) -> Finding {
    let pending: Vec<&T> = known.iter().filter(|step| !applied.contains(step)).collect();
    let unknown: Vec<&T> = applied.iter().filter(|step| !known.contains(step)).collect();
    match (unknown.last(), newer, pending.len()) {
        (Some(step), Newer::Refused, _) => check.wrong(
            format!("it has step {step}, which this berthd does not know: a newer one has written here"),
            format!("start the newer berthd again, or restore the backup from before it; this is {}", version()),
        ),
        (Some(step), Newer::Shared, _) => check.warning(
            format!("it has step {step}, which this berthd does not know: a newer one runs beside it"),
            format!(
                "well while an upgrade is under way; afterwards bring every service to that version from {}",
                version()
            ),
        ),
        (None, _, 0) => check.ok(format!("up to date, {} steps", known.len())),
        (None, _, all) if all == known.len() => {
            check.ok("empty: `berthd migrate`, or the first start, makes its tables")
        }
        (None, _, some) => check.ok(format!(
            "{some} of {} steps are to come: `berthd migrate`, or the next start, takes them",
            known.len()
        )),
    }
}

fn version() -> String {
    format!("berthd {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::is;
    use super::*;

    const CHECK: Check = Check::new("a.schema", "x");

    #[test]
    fn what_is_to_come_is_said_and_what_is_newer_is_not_well() {
        let known = [1, 2, 100];
        let of = |applied: &[i32], newer| judge(CHECK, applied, &known, newer);
        assert_eq!(of(&[1, 2, 100], Newer::Refused).told, "up to date, 3 steps");
        assert!(of(&[], Newer::Refused).told.contains("first start"));
        assert!(of(&[1], Newer::Shared).told.starts_with("2 of 3 steps"));
        is(&of(&[1, 2, 100, 101], Newer::Refused), Level::Wrong, "newer berthd");
        is(&of(&[1, 101], Newer::Shared), Level::Warning, "upgrade");
    }
}
