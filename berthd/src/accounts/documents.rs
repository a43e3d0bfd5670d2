//! A replica set on MongoDB, and an account for each service that may do everything in its own database and nothing elsewhere.

use anyhow::{Context as _, bail, ensure};
use kit::ServiceName;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{ClientOptions, Credential};
use mongodb::{Client, Database};
use secrecy::ExposeSecret as _;

use crate::config::{Config, MongoConfig};

/// The server's numbers for "who are you?", "there is one already" twice, and "not a member yet".
const UNAUTHORIZED: i32 = 13;
const ALREADY_INITIALIZED: i32 = 23;
const USER_EXISTS: i32 = 51_003;

/// What a service's own URL says of it.
pub struct User {
    name: String,
    password: String,
    database: String,
    set: Option<String>,
    host: String,
}

pub async fn users(config: &Config) -> anyhow::Result<Vec<User>> {
    let mut users = Vec::new();
    for (service, of) in [(ServiceName::Machines, &config.machines), (ServiceName::Verifier, &config.verifier)] {
        users.extend(user(service, of).await.with_context(|| format!("{service}.mongodb_url"))?);
    }
    Ok(users)
}

async fn user(service: ServiceName, config: &MongoConfig) -> anyhow::Result<Option<User>> {
    let Some(url) = &config.mongodb_url else { return Ok(None) };
    let options = ClientOptions::parse(url.expose_secret()).await?;
    let (name, password) = named(options.credential.as_ref())?;
    let database = config.mongodb_database.clone().unwrap_or_else(|| format!("berth_{service}"));
    let host = options.hosts.first().context("it names no host")?.to_string();
    Ok(Some(User { name, password, database, set: options.repl_set_name, host }))
}

fn named(credential: Option<&Credential>) -> anyhow::Result<(String, String)> {
    let both = credential.and_then(|credential| Some((credential.username.clone()?, credential.password.clone()?)));
    both.context("the URL has to name a user and a password")
}

pub async fn make(admin: &str, users: &[User]) -> anyhow::Result<()> {
    let mut options = ClientOptions::parse(admin).await.context("the administrator's URL of MongoDB is none")?;
    options.direct_connection = Some(true);
    options.repl_set_name = None;
    options.server_selection_timeout = Some(std::time::Duration::from_secs(3));
    let (name, password) = named(options.credential.as_ref())?;
    // Who a server knows nobody yet takes orders from its own host, and from nobody else.
    let mut unnamed = options.clone();
    unnamed.credential = None;
    let stranger = Client::with_options(unnamed)?.database("admin");
    if let Some(first) = users.first() {
        initiate(&stranger, first).await?;
    }
    primary(&stranger).await?;
    let root = doc! { "createUser": &name, "pwd": password, "roles": ["root"] };
    unless(stranger.run_command(root).await, &[UNAUTHORIZED, USER_EXISTS])?;
    let known = Client::with_options(options)?.database("admin");
    for user in users {
        account(&known, user).await?;
    }
    Ok(())
}

async fn initiate(admin: &Database, user: &User) -> anyhow::Result<()> {
    let Some(set) = &user.set else { return Ok(()) };
    let members = doc! { "_id": 0, "host": &user.host };
    let config = doc! { "replSetInitiate": { "_id": set, "members": [members] } };
    unless(admin.run_command(config).await, &[UNAUTHORIZED, ALREADY_INITIALIZED])
}

async fn primary(admin: &Database) -> anyhow::Result<()> {
    let hello = admin.run_command(doc! { "hello": 1 }).await?;
    ensure!(hello.get_bool("isWritablePrimary") == Ok(true), "it takes no writes yet");
    Ok(())
}

async fn account(admin: &Database, user: &User) -> anyhow::Result<()> {
    let rest = doc! { "pwd": &user.password, "roles": [{ "role": "dbOwner", "db": &user.database }] };
    let command = |verb: &str| {
        let mut command = doc! { verb: &user.name };
        command.extend(rest.clone());
        command
    };
    match admin.run_command(command("createUser")).await {
        Err(error) if number(&error) == Some(USER_EXISTS) => {
            admin.run_command(command("updateUser")).await?;
            Ok(())
        }
        other => unless(other, &[]),
    }
}

/// A refusal with one of these numbers is what was to be reached.
fn unless(done: Result<Document, Error>, numbers: &[i32]) -> anyhow::Result<()> {
    match done {
        Err(error) if number(&error).is_some_and(|number| numbers.contains(&number)) => Ok(()),
        Err(error) => bail!("{}", error.kind),
        Ok(_) => Ok(()),
    }
}

fn number(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(refusal) => Some(refusal.code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use testkit::servers;

    use super::*;

    #[tokio::test]
    async fn an_account_is_made_once_and_takes_a_new_password() {
        let (admin, name) = (servers::mongodb(), servers::unique("accounts"));
        let with = |user: &str| admin.replace("mongodb://", &format!("mongodb://{user}@"));
        for password in ["first", "second"] {
            let mut config = Config::default();
            config.machines.mongodb_url = Some(with(&format!("{name}:{password}")).into());
            config.machines.mongodb_database = Some(name.clone());
            make(&with("admin:word"), &users(&config).await.unwrap()).await.unwrap();
        }
        let ping = async |password: &str| {
            let url = format!("{}&authSource=admin", with(&format!("{name}:{password}")));
            Client::with_uri_str(url).await.unwrap().database(&name).run_command(doc! { "ping": 1 }).await
        };
        assert!(ping("first").await.is_err(), "the old password still holds");
        ping("second").await.unwrap();
        let admin = Client::with_uri_str(admin).await.unwrap().database("admin");
        for user in [name.as_str(), "admin"] {
            admin.run_command(doc! { "dropUser": user }).await.unwrap();
        }
    }
}
