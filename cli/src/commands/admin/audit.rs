//! `admin audit`: who did what to which from where.

use crate::args::admin::Audit;
use crate::call::Call;
use crate::client::Client;
use crate::commands::account::audit_list;
use crate::commands::find;
use crate::failure::Failure;

pub async fn run(client: &Client, args: &Audit) -> Result<(), Failure> {
    let actor = match &args.actor {
        Some(actor) => Some(find::user_id(client, actor).await?),
        None => None,
    };
    let call = Call::get("/user/audit").query("actor", actor).query("tenant_id", args.tenant.as_ref());
    audit_list(client, call, &args.filter).await
}
