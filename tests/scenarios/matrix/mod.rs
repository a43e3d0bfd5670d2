//! Who may do what: every operation of the platform's own description × everybody who might call it. What each gets stands
//! in `expected.txt`; an operation that is missing there, or that nobody knows how to call, fails.

mod allocations;
mod callers;
mod feed;
mod machines;
mod notifications;
mod table;
mod user;
mod world;

use std::collections::BTreeMap;

use berth_tests::Reply;
use reqwest::Method;
use serde_json::{Value, json};

use callers::Who;
use table::Row;
use world::World;

/// An id that nothing has.
const NOBODY: &str = "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a";

/// An operation as the description has it.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: Method,
    /// With `{names}` in it.
    pub path: String,
    /// The scope that an API key needs; `None` where no key will do.
    pub scope: Option<String>,
    /// Whether who calls is looked at before anything else.
    pub is_secured: bool,
    pub is_socket: bool,
}

/// What a call is made with: the path's names, a query, a body, headers.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub names: BTreeMap<&'static str, String>,
    pub query: String,
    pub body: Option<Value>,
    pub headers: Vec<(&'static str, String)>,
}

impl Call {
    pub fn of(name: &'static str, id: impl ToString) -> Self {
        Self::default().with(name, id)
    }

    pub fn saying(body: Value) -> Self {
        Self { body: Some(body), ..Self::default() }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, id: impl ToString) -> Self {
        self.names.insert(name, id.to_string());
        self
    }

    #[must_use]
    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn path(&self, template: &str) -> String {
        let path =
            self.names.iter().fold(template.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        assert!(!path.contains('{'), "a name of {template} was not given: {self:?}");
        format!("{path}{}", self.query)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_what_the_matrix_says_and_no_more() {
    let rows = table::read(include_str!("expected.txt"));
    let mut world = World::begin().await;
    let operations = operations(&world.anyone().get("/openapi.json").await.expect(200));
    let described: Vec<&String> = operations.keys().collect();
    let listed: Vec<&String> = rows.iter().map(|row| &row.operation).collect();
    let unlisted: Vec<_> = described.iter().filter(|name| !listed.contains(*name)).collect();
    assert!(unlisted.is_empty(), "expected.txt says nothing of these operations: {unlisted:?}");
    let mut wrong = Vec::new();
    let mut asked = 0;
    for row in &rows {
        let operation = operations.get(&row.operation);
        let operation = operation.unwrap_or_else(|| panic!("there is no operation {}", row.operation));
        for who in Who::ALL {
            asked += 1;
            let got = ask(&mut world, &row.operation, operation, who).await;
            wrong.extend(difference(row, who, operation.is_secured, &got));
        }
    }
    println!("matrix: {} operations × {} callers = {asked} calls", rows.len(), Who::ALL.len());
    assert!(wrong.is_empty(), "{} of {asked} cells are not as expected:\n{}", wrong.len(), wrong.join("\n"));
}

/// An answer's status (a socket's closing code), and the code of a refusal.
struct Got {
    status: u16,
    code: String,
    text: String,
}

async fn ask(world: &mut World, name: &str, operation: &Operation, who: Who) -> Got {
    world.settle(name).await;
    let caller = world.caller(who, operation, name).await;
    let call = world.call(name, who, &caller).await;
    let call = call.unwrap_or_else(|| panic!("nobody knows how to call {name}"));
    let path = call.path(&operation.path);
    if operation.is_socket {
        let (code, status) = caller.socket(&path).await.ending().await;
        return Got { status, code: code.unwrap_or_default(), text: String::new() };
    }
    let headers: Vec<(&str, &str)> = call.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply: Reply = caller.send(operation.method.clone(), &path, &headers, call.body.as_ref()).await;
    let code = if reply.status >= 400 { reply.refusal().code } else { String::new() };
    Got { status: reply.status, code, text: reply.text }
}

/// What is not as it should be, in words. A refusal must also give the reason that fits who was refused.
fn difference(row: &Row, who: Who, is_secured: bool, got: &Got) -> Option<String> {
    let expected = row.cell(who);
    let reason = match (expected, who) {
        _ if !is_secured => "",
        (401, Who::Anonymous) => "unauthenticated",
        (401, Who::Expired) => "token_expired",
        (403, Who::Unverified) => "user_not_verified",
        (403, Who::KeyWithout) => "scope_missing",
        (403, Who::KeyWith) => "scope_missing",
        _ => "",
    };
    if got.status == expected && (reason.is_empty() || got.code == reason) {
        return None;
    }
    Some(format!(
        "{} as {who:?}: expected {expected} {reason}, got {} {} {}",
        row.operation, got.status, got.code, got.text
    ))
}

fn operations(document: &Value) -> BTreeMap<String, Operation> {
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, operation) in item.as_object().expect("a path has operations") {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let Some(name) = operation["operationId"].as_str() else { continue };
            let key = operation["security"].as_array().into_iter().flatten().find_map(|one| one.get("api_key"));
            let scope = key.and_then(|scopes| scopes[0].as_str()).map(str::to_owned);
            let is_secured =
                operation["security"].as_array().is_some_and(|all| all.iter().all(|one| *one != json!({})));
            let is_socket = operation["responses"].get("101").is_some();
            let operation = Operation { method, path: path.clone(), scope, is_secured, is_socket };
            assert!(all.insert(name.to_owned(), operation).is_none(), "{name} stands twice");
        }
    }
    all
}
