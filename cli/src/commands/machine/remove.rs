//! `machine rm`: takes a machine out of the catalogue, as it is now: a change in the meantime keeps it.

use super::{ask, find};
use crate::args::Consent;
use crate::args::machine::Target;
use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;

pub async fn run(client: &Client, args: &Target, consent: Consent) -> Result<(), Failure> {
    ask::consent(consent, &format!("{} leaves the catalogue.", args.machine))?;
    let present = find::machine(client, &args.machine).await?;
    let tag = format!("\"{}\"", present["revision"]);
    let call = Call::delete(format!("/machines/{}", find::id_of(&present)?)).header("If-Match", tag);
    let answer = client.api.send(call).await?;
    client.output.result(&answer, || format!("{} is out of the catalogue", args.machine))
}
