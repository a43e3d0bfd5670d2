//! Lists of allocations, of one tenant or of all: one piece of a query for each filter and order.

use kit::sort::Mark;
use kit::{AllocationId, Cursor, Failure, Page, PageRequest, TenantId};
use sql::{QueryBuilder, Readers, Stored as _};

use super::rows::{self, select_allocation};
use crate::domain::allocation::Allocation;
use crate::domain::listing::{Filter, Sort, SortBy};

pub async fn list(
    readers: &Readers,
    tenant: Option<TenantId>,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Allocation>, Failure> {
    let mut query = QueryBuilder::new(select_allocation!("WHERE "));
    match filter.state {
        Some(state) => query.push("a.state = ").push_bind(state.as_str()),
        None => query.push("a.state <> 'removed'"),
    };
    if let Some(tenant) = tenant {
        query.push(" AND a.tenant_id = ").push_bind(tenant.as_bytes().to_vec());
    }
    if let Some(machine) = filter.machine {
        query.push(" AND a.machine_id = ").push_bind(machine.as_bytes().to_vec());
    }
    if let Some(name) = &filter.name {
        query.push(" AND a.name = ").push_bind(name.clone());
    }
    if let Some(part) = &filter.part {
        query.push(" AND INSTR(a.name, ").push_bind(part.as_str().to_owned()).push(") > 0");
    }
    in_order(&mut query, filter.sort, page)?;
    query.push(" LIMIT ").push_bind(i64::from(page.limit) + 1);
    let found = query.build().fetch_all(readers).await.stored()?;
    let items = found.iter().map(rows::allocation).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(items, page.limit, |last| cursor_of(filter.sort, last)))
}

/// What comes behind the cursor, and the order.
fn in_order(query: &mut QueryBuilder, sort: Sort, page: &PageRequest) -> Result<(), Failure> {
    let column = match sort.by {
        SortBy::CreatedAt => "a.created_at",
        SortBy::Name => "a.name",
    };
    let (beyond, order) = if sort.descending { (" <", " DESC") } else { (" >", " ASC") };
    if let Some(cursor) = &page.after {
        let (value, id) = sort.read::<AllocationId>(cursor)?;
        // MySQL finds its place in an index by the first bound only.
        query.push(" AND ").push(column).push(beyond).push("= ");
        bind(query, &value);
        query.push(" AND (").push(column).push(", a.id)").push(beyond).push(" (");
        bind(query, &value);
        query.push(", ").push_bind(id.as_bytes().to_vec()).push(")");
    }
    query.push(" ORDER BY ").push(column).push(order).push(", a.id").push(order);
    Ok(())
}

fn bind(query: &mut QueryBuilder, value: &Mark) {
    match value {
        Mark::Number(micros) => query.push_bind(*micros),
        Mark::Text(name) => query.push_bind(name),
    };
}

fn cursor_of(sort: Sort, last: &Allocation) -> Cursor {
    let value = match sort.by {
        SortBy::CreatedAt => Mark::Number(last.created_at.as_micros()),
        SortBy::Name => Mark::Text(last.name.clone()),
    };
    sort.place(&value, last.id)
}
