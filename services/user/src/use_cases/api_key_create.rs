//! Makes an API key for programs that call in the user's place.

use kit::{Act, ApiKeyId, Caller, Failure, Scope, Timestamp, api_key};
use secrecy::SecretString;

use super::App;
use crate::domain::api_key::{hint, words};
use crate::domain::{ApiKey, KeyName, NewApiKey};

/// What a key shall be.
pub struct Wish {
    pub name: KeyName,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<Timestamp>,
}

/// The key as it is kept, and its text, which is told this once. `name_taken`, `too_many`.
pub async fn api_key_create(app: &App, caller: &Caller, wish: Wish) -> Result<(ApiKey, SecretString), Failure> {
    let text = api_key::draw(&app.ambient);
    let hash = api_key::hash(&text).ok_or_else(|| Failure::internal("an API key was drawn that is none"))?;
    let id = ApiKeyId::mint(&app.ambient);
    let act = act(caller, id, &wish);
    let new = NewApiKey {
        id,
        tenant: caller.tenant,
        name: wish.name,
        hint: hint(&text),
        hash,
        scopes: wish.scopes,
        at: app.ambient.now(),
        expires_at: wish.expires_at,
    };
    let key = app.api_keys.create(caller.user, new, act).await?;
    tracing::info!(user.id = %caller.user, api_key.id = %id, "created API key {id}");
    Ok((key, text.into()))
}

fn act(caller: &Caller, id: ApiKeyId, wish: &Wish) -> Act {
    let act = Act::by(caller, "user.api_key_create", "api_key", id);
    let act = act.detail("name", wish.name.as_str()).detail("scopes", words(&wish.scopes));
    wish.expires_at.iter().fold(act, |act, at| act.detail("expires_at", at))
}
