//! `audit`: what one did, and what was done to one.

use crate::args::account::Audit;
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing;
use crate::failure::Failure;
use crate::render::Field;

/// An entry of the audit list, as users and admins see it.
pub const FIELDS: [Field; 8] = [
    Field::when("at", "at"),
    Field::text("action", "action"),
    Field::text("kind", "subject/kind"),
    Field::text("subject", "subject/id"),
    Field::text("actor", "actor"),
    Field::yes_or_no("as admin", "as_admin"),
    Field::text("from", "address"),
    Field::long("details", "details"),
];

pub async fn audit(client: &Client, args: &Audit) -> Result<(), Failure> {
    listing::list(client, Call::get("/user/me/audit"), Some(args.limit), &FIELDS, "There is nothing yet.").await
}
