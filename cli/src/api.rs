//! Calls to the platform's REST API: the token, its renewal, and trying again where that is safe.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::contexts::Place;
use crate::credentials::{Credential, Login, Store};
use crate::directory::Directory;
use crate::failure::{Exit, Failure, Problem};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take: longer than the platform's longest wait.
const ANSWER: Duration = Duration::from_secs(75);
/// How often a call is made at most.
const TRIES: u32 = 5;
/// The same where nobody listens: then people want to know soon.
const CONNECT_TRIES: u32 = 3;
/// How many of a list are asked for at once.
const PAGE: usize = 200;
/// The longest pause that is waited out between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The platform at one URL, with the credential that is kept for it.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base: Url,
    pub store: Store,
    /// Used in place of what is kept.
    token: Option<String>,
}

impl Api {
    pub fn new(directory: Directory, place: &Place, token: Option<String>) -> Result<Self, Failure> {
        let base = parse(&place.url)?;
        Ok(Self { http: client(&base)?, base, store: Store::new(directory, place), token })
    }

    /// The platform's URL as people write it.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The answer's JSON; an empty object where it has none.
    pub async fn send(&self, call: Call) -> Result<Value, Failure> {
        self.read(self.open(call).await?).await
    }

    async fn read(&self, response: Response) -> Result<Value, Failure> {
        let body = response.bytes().await.map_err(|error| self.lost(&error))?;
        if body.is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        serde_json::from_slice(&body).map_err(|_| self.not_berth())
    }

    /// A list that the platform gives as a whole.
    pub async fn all(&self, call: Call) -> Result<Vec<Value>, Failure> {
        match self.send(call).await?["items"].take() {
            Value::Array(items) => Ok(items),
            _ => Err(self.not_berth()),
        }
    }

    /// A list that comes in pieces, to its end or to as many items as are wanted.
    pub async fn list(&self, call: Call, most: Option<usize>) -> Result<Vec<Value>, Failure> {
        let (mut items, mut cursor) = (Vec::new(), None);
        let most = most.unwrap_or(usize::MAX);
        loop {
            let limit = PAGE.min(most - items.len()).max(1);
            let mut page = self.send(call.clone().query("limit", Some(limit)).query("cursor", cursor)).await?;
            match page["items"].take() {
                Value::Array(more) => items.extend(more),
                _ => return Err(self.not_berth()),
            }
            items.truncate(most);
            match page["next_cursor"].take() {
                Value::String(next) if items.len() < most => cursor = Some(next),
                _ => return Ok(items),
            }
        }
    }

    /// A good answer whose body is not read yet.
    pub async fn open(&self, call: Call) -> Result<Response, Failure> {
        if call.anonymous {
            return self.insist(&call, None).await;
        }
        let token = self.bearer()?;
        match self.insist(&call, Some(&token)).await {
            Err(failure) if failure.code() == "token_expired" => {
                let token = self.renew(&token).await?;
                self.insist(&call, Some(&token)).await
            }
            done => done,
        }
    }

    /// What the environment gave.
    pub const fn token(&self) -> Option<&String> {
        self.token.as_ref()
    }

    /// The same platform, with this API key.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same platform, with what is kept, whatever the environment says.
    pub fn kept(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// By what this client comes in.
    pub fn credential(&self) -> Result<Credential, Failure> {
        match &self.token {
            Some(token) => Ok(Credential::Key { api_key: token.clone() }),
            None => self.store.load()?.ok_or_else(|| Failure::not_logged_in(self.url())),
        }
    }

    pub fn bearer(&self) -> Result<String, Failure> {
        Ok(self.credential()?.bearer().to_owned())
    }

    /// An access token other than `expired`. Of several commands at once one asks the platform.
    pub async fn renew(&self, expired: &str) -> Result<String, Failure> {
        let lock = self.store.lock().await?;
        let credential = self.credential()?;
        let login = match credential {
            Credential::Login(login) if login.access_token == expired => login,
            Credential::Login(login) => return Ok(login.access_token),
            Credential::Key { .. } => return Err(Failure::not_logged_in(self.url())),
        };
        let call = Call::post("/user/refresh").anonymous().body(json!({ "refresh_token": login.refresh_token }));
        let renewed = match self.insist(&call, None).await {
            Ok(response) => self.login_of(&login.email, &self.read(response).await?)?,
            Err(failure) if failure.exit == Exit::NotLoggedIn => {
                self.store.forget(&lock)?;
                return Err(Failure::not_logged_in(self.url()));
            }
            Err(failure) => return Err(failure),
        };
        self.store.save(&lock, Credential::Login(renewed.clone()))?;
        Ok(renewed.access_token)
    }

    /// Logs in and keeps the tokens, in the file and nowhere else.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<(), Failure> {
        let body = json!({ "email": email, "password": password });
        let tokens = self.send(Call::post("/user/login").anonymous().body(body)).await?;
        let login = self.login_of(email, &tokens)?;
        self.store.save(&self.store.lock().await?, Credential::Login(login))
    }

    /// Reads the answer of a login or a renewal.
    fn login_of(&self, email: &str, tokens: &Value) -> Result<Login, Failure> {
        let text = |name: &str| tokens[name].as_str().map(str::to_owned).ok_or_else(|| self.not_berth());
        Ok(Login {
            email: email.to_owned(),
            access_token: text("access_token")?,
            refresh_token: text("refresh_token")?,
        })
    }

    /// Makes a call until it is answered for good.
    async fn insist(&self, call: &Call, token: Option<&str>) -> Result<Response, Failure> {
        for tried in 1.. {
            match self.attempt(call, token).await {
                Ok(response) => return Ok(response),
                Err(Missed { failure, pause: None }) => return Err(failure),
                Err(Missed { failure, .. }) if tried >= TRIES => return Err(failure),
                Err(Missed { failure, pause: Some(Pause::Unreached) }) if tried >= CONNECT_TRIES => {
                    return Err(failure);
                }
                Err(Missed { pause: Some(Pause::Told(pause)), .. }) => {
                    tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
                }
                Err(Missed { pause: Some(_), .. }) => tokio::time::sleep(Duration::from_millis(100 << tried)).await,
            }
        }
        unreachable!("the last try returns")
    }

    async fn attempt(&self, call: &Call, token: Option<&str>) -> Result<Response, Missed> {
        let request = self.request(call, token).map_err(Missed::for_good)?;
        let response = self.http.execute(request).await.map_err(|error| {
            let pause = match () {
                () if error.is_connect() => Some(Pause::Unreached),
                () if call.repeatable => Some(Pause::Short),
                () => None,
            };
            Missed { failure: self.lost(&error), pause }
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refused(call, response).await)
    }

    fn request(&self, call: &Call, token: Option<&str>) -> Result<reqwest::Request, Failure> {
        let mut request =
            self.http.request(call.method.clone(), self.address(&call.path, &call.query)?).timeout(ANSWER);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        request.build().map_err(Failure::other)
    }

    /// A path below the platform's URL, which may have one of its own.
    pub fn address(&self, path: &str, query: &[(&'static str, String)]) -> Result<Url, Failure> {
        let mut url = Url::parse(&format!("{}{path}", self.url())).map_err(Failure::other)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn refused(&self, call: &Call, response: Response) -> Missed {
        let (status, told) = (response.status(), retry_after(response.headers()));
        let is_json = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
        let problem = match response.bytes().await {
            Ok(body) if is_json => serde_json::from_slice::<Problem>(&body).ok(),
            _ => None,
        };
        let may_pass = match status {
            StatusCode::SERVICE_UNAVAILABLE => true,
            // Not the platform's own words, but a proxy's that does not reach it.
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => problem.is_none(),
            _ => false,
        };
        let pause = (may_pass && call.repeatable).then(|| told.map_or(Pause::Short, Pause::Told));
        Missed { failure: problem.map_or_else(|| self.no_problem(status), Failure::of), pause }
    }

    fn no_problem(&self, status: StatusCode) -> Failure {
        let exit = Exit::of_status(status.as_u16());
        Failure::local(exit, "unexpected_answer", format!("{} answered {status}, and no more.", self.url()))
    }

    pub fn lost(&self, error: &reqwest::Error) -> Failure {
        let what = match error {
            error if error.is_timeout() => "did not answer in time",
            error if error.is_connect() => "cannot be reached",
            _ => "was lost in the middle of an answer",
        };
        Failure::local(Exit::Unavailable, "platform_unavailable", format!("{} {what}.", self.url()))
    }

    fn not_berth(&self) -> Failure {
        Failure::other(format!("{} answered something that Berth does not.", self.url()))
    }
}

/// A try that was not answered well, and what to wait for before the next.
struct Missed {
    failure: Failure,
    /// None where another try would not help, or would not be safe.
    pause: Option<Pause>,
}

enum Pause {
    /// Nobody listens.
    Unreached,
    Short,
    Told(Duration),
}

impl Missed {
    const fn for_good(failure: Failure) -> Self {
        Self { failure, pause: None }
    }
}

/// A platform's URL as people write it.
pub fn parse(url: &str) -> Result<Url, Failure> {
    let parsed = Url::parse(url.trim_end_matches('/')).ok();
    let usable = parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    usable.ok_or_else(|| Failure::usage(format!("`{url}` is no URL such as http://127.0.0.1:8080")))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

fn client(base: &Url) -> Result<Client, Failure> {
    let builder = Client::builder().connect_timeout(CONNECT).user_agent(concat!("berth/", env!("CARGO_PKG_VERSION")));
    // A proxy knows another 127.0.0.1 than we do.
    let loopback = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let builder = if loopback { builder.no_proxy() } else { builder };
    // Without TLS no certificates are looked for, which some small systems do not have.
    let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder.build().map_err(|error| Failure::other(format!("No connection can be set up here: {error}.")))
}
