//! A platform of the measurement's own: a fresh data directory, one user, a quota that does not get in the way.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

const ADDRESS: &str = "127.0.0.1:19998";
const PASSWORD: &str = "a password for measuring";

pub struct Platform {
    child: Child,
    directory: tempfile::TempDir,
    http: Client,
    token: String,
    redis: String,
}

impl Platform {
    /// Starts `berthd`, signs a user up and finds the Redis machine.
    pub async fn start(berthd: &str) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let child = Command::new(berthd)
            .args(["up", "--listen", ADDRESS, "--data-dir"])
            .arg(directory.path())
            .envs([("BERTH_QUOTA__INSTANCES", "100"), ("BERTH_QUOTA__CPU", "100"), ("BERTH_QUOTA__PORTS", "100")])
            .envs([
                ("BERTH_QUOTA__MEMORY", "100GiB"),
                ("BERTH_QUOTA__DISK", "100GiB"),
                ("BERTH_LOG", "warn"),
                ("BERTH_DRAIN", "0ms"),
            ])
            .stdout(Stdio::null())
            .spawn()
            .context("berthd does not start")?;
        let mut platform = Self { child, directory, http: Client::new(), token: String::new(), redis: String::new() };
        platform.until_ready().await?;
        platform.sign_up().await?;
        let machines = platform.get("/machines?name=redis").await?;
        platform.redis = text(&machines["items"][0]["id"])?;
        Ok(platform)
    }

    /// Where it keeps its data.
    #[allow(dead_code, reason = "not every measurement looks there")]
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    async fn until_ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let answer = self.http.get(format!("http://{ADDRESS}/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("berthd was not ready within 30 s")
    }

    async fn sign_up(&mut self) -> anyhow::Result<()> {
        let email = "bench@example.org";
        let person = json!({"email": email, "password": PASSWORD, "first_name": "Bench", "last_name": "Mark"});
        self.send(self.request(Method::POST, "/user/signup").json(&person)).await?;
        let code = self.code().await?;
        self.send(self.request(Method::POST, "/user/verify").json(&json!({"email": email, "otp": code}))).await?;
        let login = json!({"email": email, "password": PASSWORD});
        let tokens = self.send(self.request(Method::POST, "/user/login").json(&login)).await?;
        self.token = text(&tokens["access_token"])?;
        Ok(())
    }

    /// The code in the first mail that was written.
    async fn code(&self) -> anyhow::Result<String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            let mails = std::fs::read_dir(self.directory.path().join("mail")).into_iter().flatten().flatten();
            for mail in mails {
                let text = std::fs::read_to_string(mail.path())?;
                let mut words = text.split(|c: char| !c.is_ascii_digit());
                if let Some(code) = words.find(|word| word.len() == 6) {
                    return Ok(code.to_owned());
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("no code came by mail")
    }

    /// The id of a new allocation, running where `wait` is set.
    pub async fn create_redis(&self, wait: bool) -> anyhow::Result<String> {
        let request = self.request(Method::POST, "/allocations").json(&json!({"machine_id": self.redis}));
        let request = if wait { request.header("Prefer", "wait=30") } else { request };
        let made = self.send(request).await?;
        ensure!(!wait || made["state"] == "running", "the allocation is not running: {made}");
        text(&made["id"])
    }

    /// Its host port and password.
    pub async fn connection(&self, id: &str) -> anyhow::Result<(u16, String)> {
        let connection = self.get(&format!("/allocations/{id}/connection")).await?;
        let port = connection["port"].as_u64().context("no port")?;
        Ok((u16::try_from(port)?, text(&connection["properties"]["password"])?))
    }

    pub async fn remove(&self, id: &str) -> anyhow::Result<()> {
        let request = self.request(Method::DELETE, &format!("/allocations/{id}")).header("Prefer", "wait=30");
        self.send(request).await.map(drop)
    }

    /// Makes so many allocations and waits until all run.
    pub async fn hold(&self, count: usize) -> anyhow::Result<usize> {
        let mut made = Vec::new();
        for _ in 0..count {
            made.push(self.create_redis(false).await?);
        }
        for id in &made {
            let shown = self.get(&format!("/allocations/{id}?wait_for=running&timeout=60")).await?;
            ensure!(shown["state"] == "running", "an allocation is {}", shown["state"]);
        }
        Ok(made.len())
    }

    /// What the process keeps in memory.
    pub fn resident_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }

    /// Removes what is left, then ends the process.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let list = self.get("/allocations?limit=200").await?;
        for item in list["items"].as_array().into_iter().flatten() {
            self.remove(&text(&item["id"])?).await?;
        }
        let ended = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(ended.success(), "berthd could not be ended");
        self.child.wait()?;
        Ok(())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::GET, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{ADDRESS}{path}")).bearer_auth(&self.token)
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        ensure!(status.is_success(), "{status}: {body}");
        Ok(body)
    }
}

fn text(value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).context("the answer has no such text")
}
