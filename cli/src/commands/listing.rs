//! Lists and answers that are shown by their fields: as the platform gives them to programs, as text to people.

use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::failure::Failure;
use crate::render::{self, Field};

/// How a list is shown.
#[derive(Clone, Copy)]
pub struct Listing {
    pub fields: &'static [Field],
    /// What people are told on standard error where it is empty.
    pub none: &'static str,
}

impl Listing {
    /// A list that the platform gives as a whole.
    pub async fn all(self, client: &Client, call: Call) -> Result<(), Failure> {
        self.show(client, &client.api.all(call).await?)
    }

    /// The first of a list that comes in pieces, up to `most`.
    pub async fn up_to(self, client: &Client, most: usize, call: Call) -> Result<(), Failure> {
        self.show(client, &client.api.list(call, Some(most)).await?)
    }

    fn show(self, client: &Client, items: &[Value]) -> Result<(), Failure> {
        client.output.list(items, self.none, || render::items(self.fields, items, client.look()))
    }
}

/// Shows one thing.
pub fn thing(client: &Client, answer: &Value, fields: &[Field]) -> Result<(), Failure> {
    client.output.result(answer, || render::thing(fields, answer, client.look()))
}
