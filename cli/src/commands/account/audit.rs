//! `audit`: what one did, and what was done to one.

use crate::args::Moment;
use crate::args::audit::Filter;
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing::Listing;
use crate::failure::Failure;
use crate::render::Field;

const LIST: Listing = Listing {
    fields: &[
        Field::when("at", "at"),
        Field::text("action", "action"),
        Field::text("subject", "subject/id"),
        Field::text("actor", "actor"),
        Field::yes_or_no("as admin", "as_admin"),
        Field::text("from", "address"),
        Field::long("details", "details"),
    ],
    none: "There is nothing like that.",
};

pub async fn audit(client: &Client, filter: &Filter) -> Result<(), Failure> {
    audit_list(client, Call::get("/user/me/audit"), filter).await
}

/// Entries of the list that `call` asks for, as the filter has them.
pub async fn audit_list(client: &Client, call: Call, filter: &Filter) -> Result<(), Failure> {
    let at = |moment: Option<Moment>| moment.map(|moment| moment.before(client.ambient.now()));
    let call = call
        .query("action", filter.action.as_ref())
        .query("subject_kind", filter.subject_kind.as_ref())
        .query("subject_id", filter.subject_id.as_ref())
        .query("since", at(filter.since))
        .query("until", at(filter.until));
    LIST.up_to(client, filter.limit, call).await
}
