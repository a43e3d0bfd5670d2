//! What a user is told of, over which channel.

use kit::{Failure, UserId};

use super::App;
use crate::domain::Setting;
use crate::domain::preference::settings;

/// Every kind over every channel, decided or not.
pub async fn preferences_show(app: &App, user: UserId) -> Result<Vec<Setting>, Failure> {
    let chosen = app.preferences.of(user).await?;
    let reached = app.contacts.reach(user).await?;
    Ok(settings(&chosen, reached.contact()))
}
