//! `admin allocations`, `stop` and `rm`: everybody's allocations. What is done to them is on record.

use serde_json::Value;

use crate::args::admin::{Allocation, Allocations};
use crate::call::Call;
use crate::client::Client;
use crate::commands::ask;
use crate::commands::listing::Listing;
use crate::failure::Failure;
use crate::render::Field;

const LIST: Listing = Listing {
    fields: &[
        Field::text("name", "name"),
        Field::text("machine", "machine_name"),
        Field::state("state", "state"),
        Field::ago("made", "created_at"),
        Field::text("tenant", "tenant_id"),
        Field::text("id", "id"),
    ],
    none: "There are none.",
};

pub async fn list(client: &Client, args: &Allocations) -> Result<(), Failure> {
    let call = Call::get("/allocations").query("tenant_id", Some(&args.tenant)).query("state", args.state.as_ref());
    LIST.up_to(client, args.limit, call).await
}

pub async fn stop(client: &Client, args: &Allocation) -> Result<(), Failure> {
    ask::consent(args.consent, &format!("{} stops, whoever uses it.", args.id))?;
    let call = Call::post(format!("/allocations/{}/stop", args.id)).repeatable();
    told(client, call, args, "stops").await
}

pub async fn remove(client: &Client, args: &Allocation, force: bool) -> Result<(), Failure> {
    ask::consent(args.consent, &format!("{} is removed with its data.", args.id))?;
    let call = Call::delete(format!("/allocations/{}", args.id)).query("force", force.then_some(true));
    told(client, call, args, "is being removed").await
}

async fn told(client: &Client, call: Call, args: &Allocation, told: &str) -> Result<(), Failure> {
    let answer: Value = client.api.send(call).await?;
    client.output.result(&answer, || format!("{} {told}", args.id))
}
