//! The platform that the matrix is tried on: everybody who calls, and one thing of each kind that is the owner's.

use std::collections::BTreeMap;

use berth_tests::berth::Setup;
use berth_tests::{Berth, Person, PersonIs, until};
use serde_json::{Value, json};

use super::callers::Who;
use super::{Call, Operation, allocations, feed, machines, notifications, user};

pub struct World {
    pub berth: Berth,
    pub admin: Person,
    pub owner: Person,
    pub stranger: Person,
    pub unverified: Person,
    expired: Person,
    keys: BTreeMap<(bool, String, bool), String>,
    fresh: u32,
    /// The owner's things by their kind, and others' that an admin acts on.
    pub things: BTreeMap<&'static str, String>,
}

impl World {
    pub async fn begin() -> Self {
        let mut berth = Berth::start_with(Setup { config: settings("1s"), ..Setup::default() }).await;
        let admin = berth.person("admin").await;
        let mut owner = berth.person("owner").await;
        let expired = owner.clone();
        let look = || async { expired.get("/user/me").await.status };
        until("the token to run out", look, |status| *status == 401).await;
        berth.stop().await;
        berth.configure(&settings("15m"));
        berth.start_again().await;
        owner.log_in().await;
        let mut admin = admin;
        admin.log_in().await;
        let stranger = berth.person("stranger").await;
        let unverified = berth.person_who("unverified", PersonIs::Unverified).await;
        let (keys, things) = (BTreeMap::new(), BTreeMap::new());
        let mut world = Self { berth, admin, owner, stranger, unverified, expired, keys, fresh: 0, things };
        world.furnish().await;
        world
    }

    async fn furnish(&mut self) {
        let redis = self.owner.machine("redis").await;
        let cache = self.owner.running("redis", "cache").await;
        let tenant = self.owner.get(&format!("/allocations/{}", cache.id)).await.expect(200)["tenant_id"].clone();
        self.things.insert("machine", redis);
        self.things.insert("allocation", cache.id);
        self.things.insert("tenant", tenant.as_str().unwrap_or_default().to_owned());
        for (kind, person) in [("owner", &self.owner), ("stranger", &self.stranger), ("admin", &self.admin)] {
            let me = person.get("/user/me").await.expect(200);
            self.things.insert(kind, me["id"].as_str().unwrap_or_default().to_owned());
        }
    }

    pub fn anyone(&self) -> Person {
        self.berth.anyone()
    }

    /// The id of a thing that is there from the beginning.
    pub fn thing(&self, kind: &str) -> String {
        self.things.get(kind).unwrap_or_else(|| panic!("there is no {kind}")).clone()
    }

    /// Somebody new of a kind, for what ends sessions or accounts.
    pub async fn fresh(&mut self, who: Who) -> Person {
        let name = format!("fresh{}", self.next());
        let is = if who == Who::Unverified { PersonIs::Unverified } else { PersonIs::Verified };
        let person = self.berth.person_who(&name, is).await;
        if who == Who::Admin {
            let me = person.get("/user/me").await.expect(200);
            let id = me["id"].as_str().unwrap_or_default().to_owned();
            self.admin.post(&format!("/user/{id}/admin"), &json!({})).await.expect(200);
        }
        person
    }

    /// Who calls, as this column has it.
    pub async fn caller(&mut self, who: Who, operation: &Operation, name: &str) -> Person {
        if user::ends_its_session(name)
            && !matches!(who, Who::Anonymous | Who::Expired | Who::KeyWithout | Who::KeyWith)
        {
            return self.fresh(who).await;
        }
        match who {
            Who::Anonymous => self.anyone(),
            Who::Expired => self.expired.clone(),
            Who::Unverified => self.unverified.clone(),
            Who::Stranger => self.stranger.clone(),
            Who::Owner => self.owner.clone(),
            Who::Admin => self.admin.clone(),
            Who::KeyWithout | Who::KeyWith => self.with_key(operation, who == Who::KeyWith).await,
        }
    }

    /// The owner, or the admin for what only admins may, with an API key in a token's place.
    async fn with_key(&mut self, operation: &Operation, has_it: bool) -> Person {
        let scope = operation.scope.clone().unwrap_or_default();
        let of_admin = scope.starts_with("admin:");
        let person = if of_admin { self.admin.clone() } else { self.owner.clone() };
        let place = (of_admin, scope.clone(), has_it);
        if !self.keys.contains_key(&place) {
            let all = SCOPES.iter().copied();
            let scopes: Vec<&str> = match (scope.as_str(), has_it) {
                ("", _) => all.collect(),
                (only, true) => vec![only],
                (but, false) => all.filter(|scope| *scope != but).collect(),
            };
            let body = json!({"name": format!("{scope} {has_it}"), "scopes": scopes});
            let made = person.post("/user/api-keys", &body).await.expect(201);
            self.keys.insert(place.clone(), made["key"].as_str().unwrap_or_default().to_owned());
        }
        person.holding(&self.keys[&place])
    }

    /// How an operation is called; `None` where nobody knows.
    pub async fn call(&mut self, name: &str, who: Who, caller: &Person) -> Option<Call> {
        let group = name.split('_').next().unwrap_or_default();
        match group {
            "allocation" | "quota" | "tenant" => allocations::call(self, name, who).await,
            "comment" | "like" => feed::call(self, name, who).await,
            "machine" => machines::call(self, name, who).await,
            "user" | "audit" => user::call(self, name, who, caller).await,
            _ => notifications::call(self, name, who).await,
        }
    }

    /// Brings things back into the state that an operation is about.
    pub async fn settle(&mut self, name: &str) {
        let verb = match name {
            "allocation_start" => "stop",
            "allocation_stop" | "allocation_restart" | "allocation_connection" => "start",
            _ => return,
        };
        let id = self.thing("allocation");
        self.owner.change(&id, verb).await;
    }

    /// A number that was not given before.
    pub const fn next(&mut self) -> u32 {
        self.fresh += 1;
        self.fresh
    }

    /// A comment of the owner's, there for as long as nobody removed it.
    pub async fn comment(&mut self) -> String {
        let path = format!("/feed/{}/comments", self.thing("machine"));
        self.kept("comment", &path, json!({"text": "Mine."})).await
    }

    /// A webhook of the owner's.
    pub async fn webhook(&mut self) -> String {
        let path = "/notifications/webhooks";
        let body = json!({"url": "http://127.0.0.1:9/kept", "events": ["*"]});
        self.kept("webhook", path, body).await
    }

    /// The one that was made before, or a new one where that is gone.
    async fn kept(&mut self, kind: &'static str, path: &str, body: Value) -> String {
        if let Some(id) = self.things.get(kind) {
            let listed = self.owner.get(path).await.expect(200);
            let there = listed["items"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == id.as_str()));
            if there {
                return id.clone();
            }
        }
        let made = self.owner.post(path, &body).await.expect(201);
        let id = made["id"].as_str().unwrap_or_else(|| panic!("no id: {made}")).to_owned();
        self.things.insert(kind, id.clone());
        id
    }
}

/// What an API key may be given.
const SCOPES: [&str; 11] = [
    "profile:read",
    "profile:write",
    "allocations:read",
    "allocations:write",
    "connections:read",
    "logs:read",
    "feed:write",
    "notifications:read",
    "notifications:write",
    "admin:read",
    "admin:write",
];

/// Room for everything that the matrix makes, webhooks to nowhere, and this life of access tokens.
fn settings(life: &str) -> String {
    let quota = "[quota]\ninstances = 40\ncpu = 40\nmemory = \"40GiB\"\ndisk = \"40GiB\"\nports = 40\n";
    let notification = "[notification]\nwebhooks_allow_private = true\n[interact]\nfirst_message = \"1s\"\n";
    format!("{quota}{notification}[user]\naccess_token_life = \"{life}\"\n")
}
