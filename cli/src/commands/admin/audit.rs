//! `admin audit`: who did what to which from where.

use crate::args::Moment;
use crate::args::admin::Audit;
use crate::call::Call;
use crate::client::Client;
use crate::commands::account::AUDIT_FIELDS;
use crate::commands::{find, listing};
use crate::failure::Failure;

pub async fn run(client: &Client, args: &Audit) -> Result<(), Failure> {
    let actor = match &args.actor {
        Some(actor) => Some(find::user_id(client, actor).await?),
        None => None,
    };
    let at = |moment: Option<Moment>| moment.map(|moment| moment.before(client.ambient.now()));
    let call = Call::get("/user/audit")
        .query("actor", actor)
        .query("tenant_id", args.tenant.as_ref())
        .query("action", args.action.as_ref())
        .query("subject_kind", args.subject_kind.as_ref())
        .query("subject_id", args.subject_id.as_ref())
        .query("since", at(args.since))
        .query("until", at(args.until));
    listing::list(client, call, Some(args.limit), &AUDIT_FIELDS, "Nobody did anything like that.").await
}
