//! Where pages end, the same in every backend: a client's cursor outlives a move from one to another.

use kit::sort::Mark;
use kit::{Cursor, Failure};

use crate::domain::{Machine, Revision, Sort, SortBy};

/// The place behind a machine of a list.
pub fn of_machine(sort: Sort, machine: &Machine) -> Cursor {
    let value = match sort.by {
        SortBy::Name => Mark::Text(machine.offer.spec.name.clone()),
        SortBy::CreatedAt => Mark::Number(machine.created_at.as_micros()),
    };
    sort.place(&value, machine.id)
}

/// The place behind a revision of a history.
pub fn of_revision(revision: &Revision) -> Cursor {
    Cursor::of(&["revision", &revision.machine.revision.to_string()])
}

/// The revision that a page of a history begins below.
pub fn below(cursor: &Cursor) -> Result<i64, Failure> {
    let refused = || Failure::invalid("cursor", "This cursor is not one that a list of revisions gave.");
    match cursor.parts().as_slice() {
        ["revision", revision] => revision.parse().map_err(|_| refused()),
        _ => Err(refused()),
    }
}
