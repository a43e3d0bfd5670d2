//! The page of all error codes, for `docs/errors.md`: made from the one table, so that it cannot say anything else.

use std::fmt::Write as _;

use kit::{Again, ErrorCode};

const HEAD: &str = "# What can go wrong

Written by `make update` from the table in `crates/kit/src/error.rs`. Over REST every failure is `application/problem+json`
with one of these codes in `code`, the status here, and a sentence in `detail`; over gRPC it has the code here and the same
content. A failed allocation's `reason` carries one of them too.

| code | meaning | HTTP | gRPC | try again |
|---|---|---|---|---|
";

/// One row a code, in the table's order.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for code in ErrorCode::ALL {
        let row = code.row();
        let again = match row.again {
            Again::No => String::new(),
            Again::AfterSeconds(seconds) => format!("after {seconds} s"),
        };
        let _ = writeln!(page, "| `{code}` | {} | {} | {:?} | {again} |", code.title(), row.status, row.rpc);
    }
    page
}
