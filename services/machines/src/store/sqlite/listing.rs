//! Lists of machines: one statement for each order, so that every text of SQL stands in the source.

use kit::sort::Mark;
use kit::{Failure, MachineId, Page, PageRequest};
use sql::{Readers, Stored as _};

use super::row;
use crate::domain::{Listing, Machine, Search, Sort, SortBy};
use crate::store::places;

macro_rules! ordered {
    ($column:literal, $beyond:literal, $order:literal) => {
        concat!(
            "SELECT * FROM machines WHERE live_name IS NOT NULL AND (?1 IS NULL OR live_name = ?1)
             AND (?2 IS NULL OR active = ?2) AND (?3 IS NULL OR category = ?3) AND (?4 IS NULL OR instr(search, ?4) > 0)
             AND (?5 IS NULL OR (",
            $column,
            ", id) ",
            $beyond,
            " (?5, ?6)) ORDER BY ",
            $column,
            " ",
            $order,
            ", id ",
            $order,
            " LIMIT ?7"
        )
    };
}

const fn statement(sort: Sort) -> &'static str {
    match (sort.by, sort.descending) {
        (SortBy::Name, false) => ordered!("live_name", ">", "ASC"),
        (SortBy::Name, true) => ordered!("live_name", "<", "DESC"),
        (SortBy::CreatedAt, false) => ordered!("created_at", ">", "ASC"),
        (SortBy::CreatedAt, true) => ordered!("created_at", "<", "DESC"),
    }
}

pub async fn list(readers: &Readers, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure> {
    let after = page.after.as_ref().map(|cursor| listing.sort.read::<MachineId>(cursor)).transpose()?;
    let query = sql::query(statement(listing.sort))
        .bind(&listing.filter.name)
        .bind(listing.filter.active)
        .bind(&listing.filter.category)
        .bind(listing.filter.search.as_ref().map(Search::as_str));
    let query = match &after {
        None => query.bind(None::<String>).bind(None::<Vec<u8>>),
        Some((Mark::Text(text), id)) => query.bind(text).bind(id.as_bytes()),
        Some((Mark::Number(number), id)) => query.bind(number).bind(id.as_bytes()),
    };
    let rows = query.bind(page.limit + 1).fetch_all(readers).await.stored()?;
    let machines = rows.iter().map(row::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(machines, page.limit, |machine| places::of_machine(listing.sort, machine)))
}
