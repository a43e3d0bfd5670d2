//! Configuration: defaults < `berth.toml` < environment (`BERTH_USER__…`) < flags. Unknown keys are refused.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use kit::SiteId;
use serde::{Deserialize, Serialize};
use wire::limit::LimitsConfig;

/// Everything that can be set, each section by the service that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where data is kept.
    pub data_dir: PathBuf,
    /// The address and port that REST and WebSocket are served on.
    pub listen: String,
    /// What is logged: a level, or filters as `RUST_LOG` takes them.
    pub log: String,
    /// Where mail goes: `smtp://` or `smtps://[user:password@]host:port`. Without one each mail is a file.
    pub smtp_url: Option<String>,
    /// Who mail is from.
    pub mail_from: String,
    /// The code that the first sign-up needs off loopback; made up and printed where none is given.
    pub setup_code: Option<String>,
    /// Lets mail be written to files although others can reach the listener.
    pub allow_file_mail: bool,
    /// How long requests are still accepted after SIGTERM, so that whoever balances the load notices.
    pub drain: kit::Span,
    /// A directory of machines to import at first start, in place of those built in.
    pub catalogue: Option<PathBuf>,
    pub limits: LimitsConfig,
    pub site: SiteConfig,
    pub quota: QuotaConfig,
}

/// The container engine beside this process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteConfig {
    pub id: SiteId,
    /// The address that ports are published on.
    pub publish_address: String,
    /// The host that users are told.
    pub public_host: String,
    /// The first and last host port that may be leased; outside the range that the host lends to outgoing connections.
    pub ports: (u16, u16),
    /// Where tenant networks get their subnets from.
    pub subnet_pool: String,
}

/// What a tenant may hold, all allocations together.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotaConfig {
    pub instances: u32,
    pub cpu: kit::Cpu,
    pub memory: kit::Bytes,
    pub disk: kit::Bytes,
    pub ports: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("berth-data"),
            listen: "127.0.0.1:8080".to_owned(),
            log: "info".to_owned(),
            smtp_url: None,
            mail_from: "Berth <berth@localhost>".to_owned(),
            setup_code: None,
            allow_file_mail: false,
            drain: kit::Span::seconds(5),
            catalogue: None,
            limits: LimitsConfig::default(),
            site: SiteConfig::default(),
            quota: QuotaConfig::default(),
        }
    }
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self {
            id: "local".parse().expect("a plain label"),
            publish_address: "127.0.0.1".to_owned(),
            public_host: "127.0.0.1".to_owned(),
            ports: (20_000, 29_999),
            subnet_pool: "10.200.0.0/14".to_owned(),
        }
    }
}

impl Default for QuotaConfig {
    fn default() -> Self {
        Self { instances: 5, cpu: kit::Cpu::cores(4), memory: kit::Bytes::gib(4), disk: kit::Bytes::gib(20), ports: 10 }
    }
}

impl Config {
    /// Reads the file, where one is named, and the environment over the defaults.
    pub fn load(file: Option<&Path>) -> Result<Self, Box<figment::Error>> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        // These name the file and the client's settings, not ours.
        let environment = Env::prefixed("BERTH_").ignore(&["CONFIG", "CACHE", "URL", "CONTEXT"]).split("__");
        figment.merge(environment).extract().map_err(Box::new)
    }
}
