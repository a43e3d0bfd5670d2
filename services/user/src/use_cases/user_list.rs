//! Lists accounts, for admins.

use kit::{Failure, Page, PageRequest};

use super::App;
use crate::domain::{Listing, User};

/// A piece of the list; a cursor of another order is refused.
pub async fn user_list(app: &App, listing: &Listing, page: &PageRequest) -> Result<Page<User>, Failure> {
    app.directory.list(listing, page).await
}
