//! Somebody who uses the platform: over REST as any client would, each with an address and a session of their own.

use std::path::PathBuf;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Berth, Reply, compose};

pub const PASSWORD: &str = "correct horse battery";

/// How far somebody has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonIs {
    Unverified,
    Verified,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub url: String,
    pub tokens: Tokens,
    http: reqwest::Client,
    data: PathBuf,
    setup_code: Option<String>,
}

/// Empty for somebody who is not logged in.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
}

/// An allocation as the platform shows it; the parts that tests look at.
#[derive(Clone, Debug, Deserialize)]
pub struct Allocation {
    pub id: String,
    pub name: String,
    pub desired: String,
    pub state: String,
    pub reason: Option<Reason>,
    pub host: String,
    pub ports: Vec<Port>,
    pub started_at: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reason {
    pub code: String,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Port {
    pub name: String,
    pub host_port: Option<u16>,
}

impl Allocation {
    /// Where its first port is.
    pub fn address(&self) -> (String, u16) {
        (self.host.clone(), self.ports[0].host_port.unwrap_or_else(|| panic!("no port yet: {self:?}")))
    }
}

/// What REST is spoken with.
pub fn http_client() -> reqwest::Client {
    // One provider of TLS a process; who came second finds it done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().build().expect("a client can be made")
}

impl Berth {
    /// A browser that nobody has logged in with.
    pub fn anyone(&self) -> Person {
        let http = http_client();
        let (url, data) = (self.url.clone(), self.data());
        let setup_code = compose::setup_code(&data);
        Person { name: String::new(), email: String::new(), url, tokens: Tokens::default(), http, data, setup_code }
    }

    /// Signed up, verified with the code from the mail, logged in. The first one is the admin.
    pub async fn person(&self, name: &str) -> Person {
        self.person_who(name, PersonIs::Verified).await
    }

    pub async fn person_who(&self, name: &str, is: PersonIs) -> Person {
        let mut person = self.anyone();
        person.name = name.to_owned();
        person.email = format!("{name}@example.org");
        let made = person.post("/user/signup", &person.sign_up()).await.expect(201);
        assert_eq!(made["verified"], false);
        if is == PersonIs::Verified {
            let otp = self.code(&person.email).await;
            let verified = person.post("/user/verify", &json!({"email": person.email, "otp": otp})).await.expect(200);
            assert_eq!(verified["verified"], true);
        }
        person.log_in().await;
        person
    }
}

impl Person {
    /// What this person logs in with.
    pub fn credentials(&self) -> Value {
        json!({"email": self.email, "password": PASSWORD})
    }

    /// What this person signs up with; the set-up code too where the platform has one, because this may be the first.
    pub fn sign_up(&self) -> Value {
        let mut body =
            json!({"email": self.email, "password": PASSWORD, "first_name": self.name, "last_name": "Example"});
        if let Some(code) = &self.setup_code {
            body["setup_code"] = json!(code);
        }
        body
    }

    /// The own id.
    pub async fn id(&self) -> String {
        let me = self.get("/user/me").await.expect(200);
        me["id"].as_str().expect("a user has an id").to_owned()
    }

    /// The same person with an API key of these scopes in a token's place.
    pub async fn with_key(&self, name: &str, scopes: &[&str]) -> Self {
        let made = self.post("/user/api-keys", &json!({"name": name, "scopes": scopes})).await.expect(201);
        self.holding(made["key"].as_str().expect("a new key is told once"))
    }

    /// The same person with another access token, or an API key in its place.
    #[must_use]
    pub fn holding(&self, token: &str) -> Self {
        Self { tokens: Tokens { access_token: token.to_owned(), ..self.tokens.clone() }, ..self.clone() }
    }

    pub async fn log_in(&mut self) {
        let reply = self.post("/user/login", &self.credentials()).await;
        self.tokens = reply.expect_as(200);
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        let asked = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !self.tokens.access_token.is_empty() {
            request = request.bearer_auth(&self.tokens.access_token);
        }
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        request = request.headers(headers.collect::<HeaderMap>());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        Reply::of(asked, response).await
    }

    /// A body that is not what the header says.
    pub async fn send_text(&self, method: Method, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Reply {
        let asked = format!("{method} {path}");
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.tokens.access_token);
        let response = request.header("content-type", kind).body(body.into()).send().await;
        Reply::of(asked.clone(), response.unwrap_or_else(|error| panic!("{asked}: {error:?}"))).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, &[], Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, &[], Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// The id of a machine of the catalogue.
    pub async fn machine(&self, name: &str) -> String {
        let found = self.get(&format!("/machines?name={name}")).await.expect(200);
        found["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no machine {name} in {found}")).to_owned()
    }

    /// Adds a machine to the catalogue, as an admin, and gives its id.
    pub async fn add_machine(&self, machine: &Value) -> String {
        let made = self.post("/machines", machine).await.expect(201);
        made["id"].as_str().expect("a machine has an id").to_owned()
    }

    /// Asks for an allocation and does not wait.
    pub async fn request(&self, machine: &str, name: &str) -> Allocation {
        let body = json!({"machine_id": self.machine(machine).await, "name": name});
        self.post("/allocations", &body).await.expect_as(201)
    }

    /// Asks for an allocation and waits for its end, whichever that is.
    pub async fn create(&self, machine: &str, name: &str) -> Allocation {
        let body = json!({"machine_id": self.machine(machine).await, "name": name});
        let reply = self.send(Method::POST, "/allocations", &[("prefer", "wait=60")], Some(&body)).await;
        assert_eq!(reply.header("preference-applied"), Some("wait=60"));
        let made: Allocation = reply.expect_as(201);
        self.settled(&made.id).await
    }

    /// A running one.
    pub async fn running(&self, machine: &str, name: &str) -> Allocation {
        let made = self.create(machine, name).await;
        assert_eq!((made.state.as_str(), &made.reason), ("running", &None), "{made:?}");
        made
    }

    pub async fn show(&self, id: &str) -> Allocation {
        self.get(&format!("/allocations/{id}")).await.expect_as(200)
    }

    /// The allocation once it is in a state that lasts.
    pub async fn settled(&self, id: &str) -> Allocation {
        let lasting = |state: &str| matches!(state, "running" | "stopped" | "failed" | "removed" | "lost");
        let what = format!("{id} to settle");
        crate::until(&what, || async { Seen(self.show(id).await) }, |seen| lasting(&seen.0.state)).await.0
    }

    /// Starts, stops or restarts it and waits; gives the answer's status and the allocation.
    pub async fn change(&self, id: &str, verb: &str) -> (u16, Allocation) {
        let path = format!("/allocations/{id}/{verb}");
        let reply = self.send(Method::POST, &path, &[("prefer", "wait=60")], None).await;
        (reply.status, reply.expect_as(reply.status))
    }

    /// Removes it and waits until it is.
    pub async fn remove(&self, id: &str) {
        let path = format!("/allocations/{id}");
        let reply = self.send(Method::DELETE, &path, &[("prefer", "wait=60")], None).await;
        let removed: Allocation = reply.expect_as(200);
        assert_eq!(removed.state, "removed");
    }

    /// What the tenant holds, by name.
    pub async fn used(&self) -> Value {
        self.get("/allocations/quota").await.expect(200)["used"].clone()
    }

    /// The ready-made way to connect of a name, such as `psql`.
    pub async fn connection(&self, id: &str, name: &str) -> String {
        let ways = self.get(&format!("/allocations/{id}/connection")).await.expect(200);
        let found = ways["connections"].as_array().and_then(|all| all.iter().find(|way| way["name"] == name));
        let value = found.and_then(|way| way["value"].as_str());
        value.unwrap_or_else(|| panic!("no {name} in {ways}")).to_owned()
    }

    /// Where the platform keeps its data; for tests that must see that nothing of it gets out.
    pub fn data_of_the_platform(&self) -> &std::path::Path {
        &self.data
    }
}

/// Shows an allocation by its state and reason, which is what a failed wait should print.
struct Seen(Allocation);

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.0.state, self.0.reason)
    }
}

/// What a tenant holds that has nothing.
pub fn nothing() -> Value {
    json!({"instances": 0, "cpu": 0.0, "memory": 0, "disk": 0, "ports": 0})
}
