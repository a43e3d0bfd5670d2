//! All that is kept of a user: for the export of their data.

use kit::{Failure, UserId};

use super::App;
use super::preferences_show::preferences_show;
use crate::domain::{Record, Setting, Webhook};

/// More deliveries than this nobody is told of.
const MOST: u32 = 1_000;

/// Preferences, webhooks, deliveries.
pub struct Kept {
    pub settings: Vec<Setting>,
    pub webhooks: Vec<Webhook>,
    pub deliveries: Vec<Record>,
}

pub async fn kept(app: &App, user: UserId) -> Result<Kept, Failure> {
    Ok(Kept {
        settings: preferences_show(app, user).await?,
        webhooks: app.webhooks.list(user).await?,
        deliveries: app.history.of_user(user, MOST).await?,
    })
}
