//! `export`: all that the platform keeps of one, as it gives it.

use serde_json::json;

use crate::args::account::Export;
use crate::call::Call;
use crate::client::Client;
use crate::directory::write_private;
use crate::failure::Failure;
use crate::output::Output;

pub async fn export(client: &Client, args: &Export) -> Result<(), Failure> {
    let response = client.api.open(Call::get("/user/me/export")).await?;
    let content = response.bytes().await.map_err(|error| client.api.lost(&error))?;
    let Some(path) = &args.output else {
        return Output::bytes(&content);
    };
    let shown = path.display();
    write_private(path, &content).map_err(|error| Failure::other(format!("{shown} cannot be written: {error}.")))?;
    client.output.result(&json!({ "file": path, "size": content.len() }), || format!("Your data is in {shown}"))
}
