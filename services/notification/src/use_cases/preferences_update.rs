//! Decides what a user is told of.

use kit::{Act, Caller, Failure};

use super::App;
use super::preferences_show::preferences_show;
use crate::domain::{Choice, Setting};

/// What is not among the choices stays as it is. Gives all that holds then.
pub async fn preferences_update(app: &App, caller: &Caller, choices: Vec<Choice>) -> Result<Vec<Setting>, Failure> {
    let act =
        choices.iter().fold(Act::by(caller, "notification.preferences_update", "user", caller.user), |act, choice| {
            let name = format!("{}.{}", choice.kind.as_str(), choice.channel.as_str());
            act.detail(&name, choice.enabled)
        });
    if !choices.is_empty() {
        app.preferences.choose(caller.user, choices, act).await?;
        tracing::info!(user.id = %caller.user, "updated preferences of {}", caller.user);
    }
    preferences_show(app, caller.user).await
}
