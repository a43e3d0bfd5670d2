//! Lists of machines: what fits all that is asked, behind the place where the page before ended.

use ::mongo::{Database, uuid};
use kit::sort::Mark;
use kit::{Failure, MachineId, Page, PageRequest};
use mongodb::bson::{Bson, Document, doc};

use super::{MACHINES, row};
use crate::domain::{Filter, Listing, Machine, Sort, SortBy};
use crate::store::places;

pub async fn list(database: &Database, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure> {
    let after = page.after.as_ref().map(|cursor| listing.sort.read::<MachineId>(cursor)).transpose()?;
    let mut wanted = fitting(&listing.filter);
    if let Some((mark, id)) = after {
        wanted.insert("$or", beyond(listing.sort, mark, id));
    }
    let way = if listing.sort.descending { -1 } else { 1 };
    let order = doc! { field(listing.sort): way, "_id": way };
    let rows = database.list(MACHINES, wanted, order, page.limit + 1).await?;
    let machines = rows.iter().map(row::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(machines, page.limit, |machine| places::of_machine(listing.sort, machine)))
}

fn fitting(filter: &Filter) -> Document {
    let mut wanted = doc! { "deleted": false };
    if let Some(name) = &filter.name {
        wanted.insert("name", name);
    }
    if let Some(active) = filter.active {
        wanted.insert("active", active);
    }
    if let Some(category) = &filter.category {
        wanted.insert("category", category);
    }
    if let Some(search) = &filter.search {
        // A piece as it stands, of which no character means anything else.
        let place = doc! { "$indexOfBytes": ["$search", { "$literal": search.as_str() }] };
        wanted.insert("$expr", doc! { "$gte": [place, 0] });
    }
    wanted
}

fn beyond(sort: Sort, mark: Mark, id: MachineId) -> Vec<Document> {
    let comparison = if sort.descending { "$lt" } else { "$gt" };
    let mark: Bson = match mark {
        Mark::Text(text) => text.into(),
        Mark::Number(number) => number.into(),
    };
    let field = field(sort);
    vec![doc! { field: { comparison: &mark } }, doc! { field: mark, "_id": { comparison: uuid(id.as_bytes()) } }]
}

const fn field(sort: Sort) -> &'static str {
    match sort.by {
        SortBy::Name => "name",
        SortBy::CreatedAt => "created_at",
    }
}
