//! Lists and answers that are shown by their fields: as the platform gives them to programs, as text to people.

use serde_json::{Value, json};

use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::render::{self, Field};

/// Asks for a list and shows it, up to `most` items. Where it is empty, people get a word on standard error.
pub async fn list(
    client: &Client,
    call: Call,
    most: Option<usize>,
    fields: &[Field],
    none: &str,
) -> Result<(), Failure> {
    let items = client.api.list(call, most).await?;
    if items.is_empty() {
        client.output.aside(none);
    }
    client.output.result(&json!({ "items": items }), || render::items(fields, &items, client.look()))
}

/// Shows one thing.
pub fn thing(client: &Client, answer: &Value, fields: &[Field]) -> Result<(), Failure> {
    client.output.result(answer, || render::thing(fields, answer, client.look()))
}
