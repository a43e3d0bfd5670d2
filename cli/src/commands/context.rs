//! `context`: names for platforms, and which is meant where a command does not say.

use serde_json::{Value, json};

use super::ask;
use crate::api;
use crate::args::context::{Command, Context};
use crate::contexts::{Contexts, Place};
use crate::credentials::{Credential, Store};
use crate::directory::Directory;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::{self, Field, Look};

const FIELDS: [Field; 4] =
    [Field::text("", "mark"), Field::text("name", "name"), Field::text("url", "url"), Field::text("login", "login")];

pub async fn run(output: Output, args: &Context) -> Result<(), Failure> {
    let directory = Directory::of_user()?;
    match args.command.as_ref().unwrap_or(&Command::Ls) {
        Command::Ls => list(output, &directory),
        Command::Use { name } => select(output, &directory, name).await,
        Command::Add { name, url } => add(output, &directory, name, url).await,
        Command::Rm { name, consent } => {
            ask::consent(*consent, &format!("{name} and its login are forgotten."))?;
            remove(output, &directory, name).await
        }
    }
}

fn list(output: Output, directory: &Directory) -> Result<(), Failure> {
    let contexts = Contexts::read(directory)?;
    let line = |place: Place| {
        let login = Store::new(directory.clone(), &place).load()?;
        let current = place.context.as_deref() == Some(contexts.current());
        let login = login.as_ref().map(Credential::shown);
        Ok(json!({ "name": place.context, "url": place.url, "current": current, "login": login }))
    };
    let items = contexts.all().into_iter().map(line).collect::<Result<Vec<Value>, Failure>>()?;
    output.result(&json!({ "items": items }), || table(output, &items))
}

fn table(output: Output, items: &[Value]) -> String {
    let marked = items.iter().cloned().map(|mut item| {
        item["mark"] = json!(if item["current"] == true { "*" } else { "" });
        item
    });
    let look = Look { now: kit::Timestamp::EPOCH, paint: output.paint };
    render::items(&FIELDS, &marked.collect::<Vec<_>>(), look)
}

async fn select(output: Output, directory: &Directory, name: &str) -> Result<(), Failure> {
    let place = change(directory, |contexts| contexts.select(name)).await?;
    tell(output, &place, &format!("Commands go to {} from now on.", place.url))
}

async fn add(output: Output, directory: &Directory, name: &str, url: &str) -> Result<(), Failure> {
    api::parse(url)?;
    let place = change(directory, |contexts| Ok(contexts.add(name, url))).await?;
    tell(output, &place, &format!("{name} is {}. Then: berth context use {name}", place.url))
}

async fn remove(output: Output, directory: &Directory, name: &str) -> Result<(), Failure> {
    let place = change(directory, |contexts| contexts.remove(name)).await?;
    let store = Store::new(directory.clone(), &place);
    store.forget(&store.lock().await?)?;
    tell(output, &place, &format!("{name} is forgotten."))
}

async fn change(
    directory: &Directory,
    change: impl FnOnce(&mut Contexts) -> Result<Place, Failure>,
) -> Result<Place, Failure> {
    let lock = directory.lock().await?;
    let mut contexts = Contexts::read(directory)?;
    let place = change(&mut contexts)?;
    contexts.write(directory, &lock)?;
    Ok(place)
}

fn tell(output: Output, place: &Place, told: &str) -> Result<(), Failure> {
    output.result(&json!({ "name": place.context, "url": place.url }), || told.to_owned())
}
