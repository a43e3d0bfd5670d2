//! One of the two platforms that are compared: a user on it, and the calls.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

const EMAIL: &str = "bench@example.org";
const PASSWORD: &str = "a password for measuring";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Login,
    Machine,
    Machines,
    Allocations,
    Like,
}

impl Call {
    pub const ALL: [Self; 5] = [Self::Login, Self::Machine, Self::Machines, Self::Allocations, Self::Like];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Machine => "read a machine",
            Self::Machines => "list machines",
            Self::Allocations => "list allocations",
            Self::Like => "like",
        }
    }
}

pub struct Side {
    url: String,
    directory: PathBuf,
    http: Client,
    token: String,
    machine: String,
    number: AtomicU64,
}

impl Side {
    /// On a fresh platform whose directory holds its mails.
    pub async fn open(url: &str, directory: &str) -> anyhow::Result<Self> {
        let (url, directory, http) = (url.to_owned(), PathBuf::from(directory), Client::new());
        let mut side =
            Self { url, directory, http, token: String::new(), machine: String::new(), number: AtomicU64::new(1) };
        let person = json!({"email": EMAIL, "password": PASSWORD, "first_name": "Bench", "last_name": "Mark"});
        side.send(side.request(Method::POST, "/user/signup").json(&person)).await?;
        let code = side.code().await?;
        side.send(side.request(Method::POST, "/user/verify").json(&json!({"email": EMAIL, "otp": code}))).await?;
        side.log_in().await?;
        let machines = side.send(side.request(Method::GET, "/machines?name=redis")).await?;
        side.machine = text(&machines["items"][0]["id"])?;
        Ok(side)
    }

    /// A session of its own for what follows: of many logins the first end.
    pub async fn log_in(&mut self) -> anyhow::Result<()> {
        let tokens = self.send(self.request(Method::POST, "/user/login").json(&credentials())).await?;
        self.token = text(&tokens["access_token"])?;
        Ok(())
    }

    async fn code(&self) -> anyhow::Result<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            for mail in std::fs::read_dir(self.directory.join("mail")).into_iter().flatten().flatten() {
                let text = std::fs::read_to_string(mail.path())?;
                let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
                if let Some(code) = text.lines().map(str::trim).find(is_code) {
                    return Ok(code.to_owned());
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("no code came by mail")
    }

    pub async fn time(&self, call: Call) -> anyhow::Result<Duration> {
        let began = Instant::now();
        self.send(self.call(call)).await?;
        Ok(began.elapsed())
    }

    /// Requests a second of so many clients at once.
    pub async fn rate(&self, call: Call, clients: usize, span: Duration) -> anyhow::Result<f64> {
        let began = Instant::now();
        let client = || async {
            let mut done = 0_u32;
            while began.elapsed() < span {
                self.send(self.call(call)).await?;
                done += 1;
            }
            anyhow::Ok(done)
        };
        let done = futures::future::try_join_all((0..clients).map(|_| client())).await?;
        Ok(f64::from(done.iter().sum::<u32>()) / began.elapsed().as_secs_f64())
    }

    fn call(&self, call: Call) -> RequestBuilder {
        match call {
            Call::Login => self.request(Method::POST, "/user/login").json(&credentials()),
            Call::Machine => self.request(Method::GET, &format!("/machines/{}", self.machine)),
            Call::Machines => self.request(Method::GET, "/machines"),
            Call::Allocations => self.request(Method::GET, "/allocations"),
            Call::Like => {
                let status =
                    if self.number.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { "like" } else { "dislike" };
                self.request(Method::PUT, &format!("/feed/{}/like", self.machine)).json(&json!({"status": status}))
            }
        }
    }

    /// When the answer was there.
    pub async fn sign_up_somebody(&self) -> anyhow::Result<Instant> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let email = format!("bench{number}@example.org");
        let person = json!({"email": email, "password": PASSWORD, "first_name": "Bench", "last_name": "Mark"});
        self.send(self.request(Method::POST, "/user/signup").json(&person)).await?;
        Ok(Instant::now())
    }

    /// How many events of users the verifier has taken in.
    pub async fn taken_in(&self) -> anyhow::Result<u64> {
        let url = match self.address_of("verifier") {
            Some(address) => format!("http://{address}/metrics"),
            None => format!("{}/metrics", self.url),
        };
        let page = self.http.get(url).send().await?.text().await?;
        let counts = page.lines().filter(|line| {
            line.starts_with("berth_bus_consumed_total{")
                && line.contains("consumer=\"verifier\"")
                && line.contains("user.v1")
        });
        Ok(counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
    }

    /// Where a service of a cluster answers by itself.
    fn address_of(&self, service: &str) -> Option<String> {
        let ports = std::fs::read_to_string(self.directory.join(format!("{service}-1/ports"))).ok()?;
        ports.lines().next().map(|port| format!("127.0.0.1:{port}"))
    }

    /// Its own processes, the front door left out.
    pub fn processes(&self) -> anyhow::Result<Vec<(String, u32)>> {
        if let Ok(pid) = pid_in(&self.directory.join("pid")) {
            return Ok(vec![("embedded".to_owned(), pid)]);
        }
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let folder = entry?.path();
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if folder.join("run").is_file() && name != "door" {
                found.push((name, pid_in(&folder.join("pid"))?));
            }
        }
        found.sort();
        ensure!(!found.is_empty(), "no process in {}", self.directory.display());
        Ok(found)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        ensure!(status.is_success(), "{status}: {body}");
        Ok(body)
    }
}

fn credentials() -> Value {
    json!({"email": EMAIL, "password": PASSWORD})
}

fn pid_in(file: &Path) -> anyhow::Result<u32> {
    let text = std::fs::read_to_string(file)?;
    text.split_whitespace().next().context("an empty file")?.parse().context("no process id")
}

fn text(value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).context("the answer has no such text")
}
