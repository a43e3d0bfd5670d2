//! `profile`: shows what the platform knows of one, or changes what is given.

use serde_json::{Map, Value, json};

use crate::args::account::Profile;
use crate::call::Call;
use crate::client::Client;
use crate::commands::{ask, listing};
use crate::failure::Failure;
use crate::render::Field;

const FIELDS: [Field; 11] = [
    Field::text("email", "email"),
    Field::and("name", "first_name", "last_name"),
    Field::text("phone", "phone_number"),
    Field::yes_or_no("phone proven", "phone_verified"),
    Field::text("gender", "gender"),
    Field::yes_or_no("verified", "verified"),
    Field::yes_or_no("admin", "admin"),
    Field::yes_or_no("mails", "email_notification"),
    Field::yes_or_no("texts", "sms_notification"),
    Field::ago("joined", "created_at"),
    Field::text("id", "id"),
];

pub async fn profile(client: &Client, args: &Profile) -> Result<(), Failure> {
    let change = change(args);
    let answer = if change.is_empty() {
        client.api.send(Call::get("/user/me")).await?
    } else {
        send(client, args, change).await?
    };
    listing::thing(client, &answer, &FIELDS)
}

/// A proven number changes with the password only, which the platform says where it is so.
async fn send(client: &Client, args: &Profile, mut change: Map<String, Value>) -> Result<Value, Failure> {
    let patch = |change: &Map<String, Value>| Call::patch("/user/me").body(json!(change)).repeatable();
    match client.api.send(patch(&change)).await {
        Err(failure) if failure.problem.field.as_deref() == Some("current_password") => {
            change.insert("current_password".to_owned(), json!(ask::password(args.password.as_ref())?));
            client.api.send(patch(&change)).await
        }
        answered => answered,
    }
}

/// Null takes away what may be absent.
fn change(args: &Profile) -> Map<String, Value> {
    let optional =
        |given: &Option<String>, none: bool| given.as_ref().map(|text| json!(text)).or(none.then_some(Value::Null));
    let fields = [
        ("first_name", optional(&args.first_name, false)),
        ("last_name", optional(&args.last_name, false)),
        ("phone_number", optional(&args.phone, args.no_phone)),
        ("gender", optional(&args.gender, args.no_gender)),
        ("email_notification", args.email_notification.map(Value::Bool)),
        ("sms_notification", args.sms_notification.map(Value::Bool)),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
