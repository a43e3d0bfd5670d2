//! What could not be delivered, for admins.

use kit::{Failure, Page, PageRequest};

use super::App;
use crate::domain::Record;
use crate::ports::DeadFilter;

pub async fn dead_letter_list(app: &App, filter: DeadFilter, page: &PageRequest) -> Result<Page<Record>, Failure> {
    app.dead_letters.list(filter, page).await
}
