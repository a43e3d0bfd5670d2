//! `sessions`: where one is logged in, and the end of that.

use crate::args::account::{Sessions, SessionsCommand};
use crate::call::Call;
use crate::client::Client;
use crate::commands::listing::Listing;
use crate::failure::Failure;
use crate::render::Field;

const LIST: Listing = Listing {
    fields: &[
        Field::text("id", "id"),
        Field::yes_or_no("this one", "current"),
        Field::ago("since", "created_at"),
        Field::ago("used", "last_used_at"),
        Field::text("address", "address"),
        Field::long("agent", "agent"),
    ],
    none: "There are none.",
};

pub async fn sessions(client: &Client, args: &Sessions) -> Result<(), Failure> {
    match args.command.as_ref().unwrap_or(&SessionsCommand::Ls) {
        SessionsCommand::Ls => LIST.all(client, Call::get("/user/sessions")).await,
        SessionsCommand::Close { id } => {
            let answer = client.api.send(Call::delete(format!("/user/sessions/{id}"))).await?;
            client.output.result(&answer, || format!("{id} ends within a second or two."))
        }
    }
}
