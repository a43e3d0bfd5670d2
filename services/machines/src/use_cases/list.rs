//! Lists machines.

use kit::{Failure, Page, PageRequest};

use super::App;
use crate::domain::{Listing, Machine};

pub async fn list(app: &App, listing: &Listing, page: &PageRequest) -> Result<Page<Machine>, Failure> {
    app.store.list(listing, page).await
}
