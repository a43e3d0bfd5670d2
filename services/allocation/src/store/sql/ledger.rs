//! Reads the ledger in pieces, newest first. Rows are only ever added, with growing revisions: a piece stays what it was.

use kit::{AllocationId, Cursor, Failure, Page, PageRequest, TenantId};
use sql::{Readers, Stored as _};

use super::rows;
use crate::domain::allocation::LedgerEntry;

/// The first part of a ledger's cursors, so that no other list's are taken for one.
const ORDER: &str = "-revision";

pub async fn read(
    readers: &Readers,
    tenant: TenantId,
    id: AllocationId,
    page: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    let before = page.after.as_ref().map(|cursor| read_cursor(id, cursor)).transpose()?;
    let found = sql::query(
        "SELECT l.* FROM ledger l JOIN allocation a ON a.id = l.allocation_id
         WHERE l.allocation_id = ? AND a.tenant_id = ? AND l.revision < ? ORDER BY l.revision DESC LIMIT ?",
    )
    .bind(id.as_bytes())
    .bind(tenant.as_bytes())
    .bind(before.unwrap_or(i64::MAX))
    .bind(i64::from(page.limit) + 1)
    .fetch_all(readers)
    .await
    .stored()?;
    let entries = found.iter().map(rows::ledger_entry).collect::<Result<Vec<_>, _>>()?;
    let cursor = |last: &LedgerEntry| Cursor::of(&[ORDER, &id.to_string(), &last.revision.to_string()]);
    Ok(Page::cut(entries, page.limit, cursor))
}

fn read_cursor(id: AllocationId, cursor: &Cursor) -> Result<i64, Failure> {
    let read = match cursor.parts()[..] {
        [ORDER, whose, revision] if whose == id.to_string() => revision.parse().ok(),
        _ => None,
    };
    read.ok_or_else(|| Failure::invalid("cursor", "This cursor is not one that this allocation's events gave."))
}
