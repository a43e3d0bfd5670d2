//! Lists of accounts: one statement for each order, so that every text of SQL stands in the source.

use kit::sort::Mark;
use kit::{Cursor, Failure, Page, PageRequest, UserId};
use sql::{Readers, Stored as _};

use super::rows;
use crate::domain::{Email, Listing, Sort, SortBy, User};

macro_rules! ordered {
    ($column:literal, $beyond:literal, $order:literal) => {
        concat!(
            "SELECT * FROM users WHERE (?1 IS NULL OR email = ?1) AND (?2 IS NULL OR verified = ?2)
             AND (?3 IS NULL OR admin = ?3) AND (?4 IS NULL OR suspended = ?4) AND (?5 IS NULL OR (",
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
        (SortBy::CreatedAt, false) => ordered!("created_at", ">", "ASC"),
        (SortBy::CreatedAt, true) => ordered!("created_at", "<", "DESC"),
        (SortBy::Email, false) => ordered!("email", ">", "ASC"),
        (SortBy::Email, true) => ordered!("email", "<", "DESC"),
    }
}

pub async fn list(readers: &Readers, listing: &Listing, page: &PageRequest) -> Result<Page<User>, Failure> {
    let after = page.after.as_ref().map(|cursor| listing.sort.read::<UserId>(cursor)).transpose()?;
    let filter = &listing.filter;
    let query = sql::query(statement(listing.sort))
        .bind(filter.email.as_ref().map(Email::as_str))
        .bind(filter.verified)
        .bind(filter.admin)
        .bind(filter.suspended);
    let query = match &after {
        None => query.bind(None::<String>).bind(None::<Vec<u8>>),
        Some((Mark::Text(text), id)) => query.bind(text).bind(id.as_bytes()),
        Some((Mark::Number(number), id)) => query.bind(number).bind(id.as_bytes()),
    };
    let found = query.bind(page.limit + 1).fetch_all(readers).await.stored()?;
    let users = found.iter().map(rows::user).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(users, page.limit, |user| cursor_of(listing.sort, user)))
}

fn cursor_of(sort: Sort, user: &User) -> Cursor {
    let value = match sort.by {
        SortBy::CreatedAt => Mark::Number(user.created_at.as_micros()),
        SortBy::Email => Mark::Text(user.email.to_string()),
    };
    sort.place(&value, user.id)
}
