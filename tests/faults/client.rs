//! A client that does what a good one does when an answer does not come: it repeats what may be repeated, and counts that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use berth_tests::Person;
use berth_tests::person::http_client;
use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

/// How long somebody repeats before they give up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often each kind of call was made and, of those, repeated; and what went wrong for good.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub calls: BTreeMap<&'static str, u64>,
    pub repeats: BTreeMap<&'static str, Vec<String>>,
    pub wrong: Vec<String>,
}

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    person: Person,
    counts: Arc<Mutex<Counts>>,
}

/// A call that may be made again: by its method, by its key, or because a repeat changes nothing.
pub struct Repeatable {
    pub name: &'static str,
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
    pub key: Option<String>,
    /// Answers that are as good as well: a repeat of what stands already.
    pub fine: &'static [u16],
}

impl Repeatable {
    pub fn new(name: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self { name, method, path: path.into(), body: None, key: None, fine: &[] }
    }

    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }
}

impl Client {
    pub fn new(person: &Person, counts: &Arc<Mutex<Counts>>) -> Self {
        Self { http: http_client(), person: person.clone(), counts: counts.clone() }
    }

    fn note(&self, note: impl FnOnce(&mut Counts)) {
        note(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn called(&self, name: &'static str) {
        self.note(|counts| *counts.calls.entry(name).or_default() += 1);
    }

    pub fn wrong(&self, what: String) {
        self.note(|counts| counts.wrong.push(what));
    }

    pub fn repeated(&self, name: &'static str, why: String) {
        self.note(|counts| counts.repeats.entry(name).or_default().push(why));
    }

    /// The answer, after as many tries as it takes; null where it never came well.
    pub async fn call(&self, call: &Repeatable) -> Value {
        self.called(call.name);
        let began = Instant::now();
        let mut pace = tokio::time::interval(Duration::from_millis(200));
        loop {
            pace.tick().await;
            let why = match self.once(call).await {
                Ok((status, body)) if status < 300 || call.fine.contains(&status) => return body,
                Ok((status, body)) if status == 503 && began.elapsed() < PATIENCE => {
                    body["code"].as_str().unwrap_or("503").to_owned()
                }
                Err(error) if began.elapsed() < PATIENCE => format!("{error:?}"),
                other => {
                    self.wrong(format!("{} after {:?}: {other:?}", call.name, began.elapsed()));
                    return Value::Null;
                }
            };
            self.repeated(call.name, why);
        }
    }

    /// One try: status and body, where an answer came.
    pub async fn once(&self, call: &Repeatable) -> Result<(u16, Value), reqwest::Error> {
        let mut request = self.http.request(call.method.clone(), format!("{}{}", self.person.url, call.path));
        if !self.person.tokens.access_token.is_empty() {
            request = request.bearer_auth(&self.person.tokens.access_token);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        let text = reply.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }
}
