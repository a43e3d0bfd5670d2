//! Configuration: defaults < `berth.toml` < environment (`BERTH_USER__…`) < flags. Unknown keys are refused.

mod backends;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use berth_interact::InteractConfig;
use berth_notification::config::NotificationConfig;
use berth_user::UserConfig;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use kit::{ServiceName, SiteId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use wire::limit::LimitsConfig;
use wire::telemetry::TelemetryConfig;

pub use backends::{AllocationConfig, FeedBackend, KafkaConfig, MongoConfig, PeersConfig, RedisConfig};

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
    #[serde(skip_serializing)]
    pub smtp_url: Option<SecretString>,
    /// A file that holds it.
    pub smtp_url_file: Option<PathBuf>,
    /// Who mail is from.
    pub mail_from: String,
    /// The code that the first sign-up of a public platform needs; made up and printed where none is given.
    #[serde(skip_serializing)]
    pub setup_code: Option<SecretString>,
    /// A file that holds it.
    pub setup_code_file: Option<PathBuf>,
    /// The file with the id that all services of one platform share; in the data directory where none is named.
    pub installation_file: Option<PathBuf>,
    /// The file with the master key; `<data-dir>/keys/master.key`, made when missing, where none is named.
    pub master_key_file: Option<PathBuf>,
    /// Lets mail be written to files although others can reach the listener.
    pub allow_file_mail: bool,
    /// How long requests are still accepted after SIGTERM, so that whoever balances the load notices.
    pub drain: kit::Span,
    /// A directory of machines to import at first start, in place of those built in.
    pub catalogue: Option<PathBuf>,
    pub limits: LimitsConfig,
    pub site: SiteConfig,
    pub quota: QuotaConfig,
    pub user: UserConfig,
    pub notification: NotificationConfig,
    pub interact: InteractConfig,
    pub telemetry: TelemetryConfig,
    pub allocation: AllocationConfig,
    pub machines: MongoConfig,
    pub verifier: MongoConfig,
    pub feed: FeedBackend,
    pub kafka: KafkaConfig,
    pub redis: RedisConfig,
    pub peers: PeersConfig,
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
            smtp_url_file: None,
            mail_from: "Berth <berth@localhost>".to_owned(),
            setup_code: None,
            setup_code_file: None,
            installation_file: None,
            master_key_file: None,
            allow_file_mail: false,
            drain: kit::Span::seconds(5),
            catalogue: None,
            limits: LimitsConfig::default(),
            site: SiteConfig::default(),
            quota: QuotaConfig::default(),
            user: UserConfig::default(),
            notification: NotificationConfig::default(),
            interact: InteractConfig::default(),
            telemetry: TelemetryConfig::default(),
            allocation: AllocationConfig::default(),
            machines: MongoConfig::default(),
            verifier: MongoConfig::default(),
            feed: FeedBackend::default(),
            kafka: KafkaConfig::default(),
            redis: RedisConfig::default(),
            peers: PeersConfig::default(),
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

/// Variables of the environment that begin like ours and are somebody else's: the client's, the scripts' and flags.
const NOT_SETTINGS: [&str; 10] =
    ["CONFIG", "CACHE", "URL", "EMAIL", "PASSWORD", "NEW_PASSWORD", "TOKEN", "CONTEXT", "COMPLETE", "JSON"];
/// Settings that are texts whatever they look like: a code of digits is no number.
const TEXTS: [&str; 6] =
    ["SETUP_CODE", "SMTP_URL", "MAIL_FROM", "NOTIFICATION__SMS_TOKEN", "NOTIFICATION__SMS_FROM", "FEED__PASSWORD"];

impl Config {
    /// Reads the file, where one is named, and the environment over the defaults; secrets from their files.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut config: Self = Self::sources(file).extract()?;
        for (_, value, file) in config.secrets() {
            *value = secret(value.take(), file.as_deref())?;
        }
        Ok(config)
    }

    /// Defaults, file and environment over each other, not yet looked at.
    pub fn sources(file: Option<&Path>) -> Figment {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        let environment = Env::prefixed("BERTH_").ignore(&NOT_SETTINGS).ignore(&TEXTS).split("__");
        figment = figment.merge(environment);
        for name in TEXTS {
            if let Ok(text) = std::env::var(format!("BERTH_{name}")) {
                figment = figment.merge((name.to_lowercase().replace("__", "."), text));
            }
        }
        figment
    }

    /// Every secret by its key, with the file that may hold it: passwords, and addresses of servers, which hold some.
    pub fn secrets(&mut self) -> [(&'static str, &mut Option<SecretString>, Option<PathBuf>); 10] {
        let Self { user, notification, allocation, machines, verifier, feed, redis, .. } = self;
        let NotificationConfig { database_url, database_url_file, sms_token, sms_token_file, .. } = notification;
        [
            ("smtp_url", &mut self.smtp_url, self.smtp_url_file.clone()),
            ("setup_code", &mut self.setup_code, self.setup_code_file.clone()),
            ("notification.sms_token", sms_token, sms_token_file.clone()),
            ("user.database_url", &mut user.database_url, user.database_url_file.clone()),
            ("notification.database_url", database_url, database_url_file.clone()),
            ("allocation.database_url", &mut allocation.database_url, allocation.database_url_file.clone()),
            ("machines.mongodb_url", &mut machines.mongodb_url, machines.mongodb_url_file.clone()),
            ("verifier.mongodb_url", &mut verifier.mongodb_url, verifier.mongodb_url_file.clone()),
            ("feed.password", &mut feed.password, feed.password_file.clone()),
            ("redis.url", &mut redis.url, redis.url_file.clone()),
        ]
    }

    /// `berthd up` keeps everything in its data directory: a server that is named is one that its owner thinks is used.
    pub fn embedded(&self) -> anyhow::Result<()> {
        let shared = [("kafka.brokers", self.kafka.brokers.is_some()), ("redis.url", self.redis.url.is_some())];
        let stores = ServiceName::ALL.into_iter().filter_map(|name| self.store_of(name));
        match stores.chain(shared).find(|(_, named)| *named) {
            Some((key, _)) => anyhow::bail!(
                "{key} is for services in processes of their own, `berthd serve`; `berthd up` keeps everything in {}",
                self.data_dir.display()
            ),
            None => Ok(()),
        }
    }

    /// A service of its own shares its database with its replicas: in a file it would have another, an empty one.
    pub fn apart(&self, name: ServiceName) -> anyhow::Result<()> {
        match self.store_of(name) {
            Some((key, false)) => anyhow::bail!("{key} has to name the database that {name} and its replicas share"),
            _ => Ok(()),
        }
    }

    /// The key that names a service's database server, and whether it does; `None` for who never has one.
    pub fn store_of(&self, name: ServiceName) -> Option<(&'static str, bool)> {
        match name {
            ServiceName::User => Some(("user.database_url", self.user.database_url.is_some())),
            ServiceName::Notification => Some(("notification.database_url", self.notification.database_url.is_some())),
            ServiceName::Allocation => Some(("allocation.database_url", self.allocation.database_url.is_some())),
            ServiceName::Machines => Some(("machines.mongodb_url", self.machines.mongodb_url.is_some())),
            ServiceName::Verifier => Some(("verifier.mongodb_url", self.verifier.mongodb_url.is_some())),
            ServiceName::Feed => Some(("feed.cassandra", self.feed.cassandra.is_some())),
            // One has its file beside its engine, the other keeps nothing.
            ServiceName::Docker | ServiceName::Interact => None,
        }
    }

    /// Codes that anybody could be sent must not end in files, unless that was asked for.
    pub fn mails_of_the_public(&self, address: SocketAddr) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.smtp_url.is_some() || self.allow_file_mail,
            "others can reach {address}, so mail must go to a server: set smtp_url (BERTH_SMTP_URL), or allow_file_mail"
        );
        Ok(())
    }

    /// Whether others than this machine's users can reach the platform: at the listener itself, or at a proxy before it,
    /// which a listener on loopback cannot see but two settings tell of.
    pub fn is_public(&self, listener: IpAddr) -> bool {
        let by_tls = self.notification.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        !listener.is_loopback() || !self.limits.trusted_proxies.is_empty() || by_tls
    }

    /// Refuses what cannot work; warns of what works badly.
    pub fn validate(&self) -> anyhow::Result<()> {
        let (first, last) = self.site.ports;
        if let Some((low, high)) = ephemeral_ports()
            && first <= high
            && low <= last
        {
            tracing::warn!(
                "site.ports {first} to {last} overlaps {low} to {high}, which this host lends to outgoing connections: \
                 now and then a port will be taken"
            );
        }
        anyhow::ensure!(
            first >= 1024 && first <= last,
            "site.ports: two ports from 1024 to 65535, the lower one first"
        );
        Ok(())
    }
}

/// The range that the host takes ports of outgoing connections from; `None` where it does not say.
pub fn ephemeral_ports() -> Option<(u16, u16)> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().filter_map(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// What a file holds takes the place of what was given in the open.
pub fn secret(given: Option<SecretString>, file: Option<&Path>) -> anyhow::Result<Option<SecretString>> {
    let Some(file) = file else { return Ok(given) };
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read the secret in {}", file.display()))?;
    Ok(Some(text.trim().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn load(text: &str) -> anyhow::Result<Config> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path()))
    }

    #[test]
    fn a_service_of_its_own_names_the_database_that_its_replicas_share() {
        let without = Config::default();
        let shared = ServiceName::ALL.into_iter().filter(|name| without.apart(*name).is_err());
        let alone: Vec<_> = ServiceName::ALL.into_iter().filter(|name| without.apart(*name).is_ok()).collect();
        assert_eq!((shared.count(), alone), (6, vec![ServiceName::Docker, ServiceName::Interact]));
        let refusal = without.apart(ServiceName::Allocation).unwrap_err().to_string();
        assert!(refusal.starts_with("allocation.database_url has to name the database"), "{refusal}");
        assert!(load("[allocation]\ndatabase_url = \"mysql://h/d\"").unwrap().apart(ServiceName::Allocation).is_ok());
    }

    #[test]
    fn a_file_overrides_defaults_and_an_unknown_key_is_named() {
        let config = load("listen = \"127.0.0.1:9\"\n[quota]\ninstances = 9\nmemory = \"8GiB\"").unwrap();
        assert_eq!((config.listen.as_str(), config.quota.instances), ("127.0.0.1:9", 9));
        assert_eq!((config.quota.memory, config.quota.ports), (kit::Bytes::gib(8), 10));
        assert!(load("lisen = \"x\"").unwrap_err().to_string().contains("lisen"));
        let ports = load("[site]\nports = [9, 1]").unwrap().validate();
        assert!(ports.unwrap_err().to_string().contains("site.ports"));
    }

    #[test]
    fn a_platform_is_public_by_its_listener_or_by_the_proxy_before_it() {
        let is_public = |text: &str, listener: &str| load(text).unwrap().is_public(listener.parse().unwrap());
        for (listener, open) in [("127.0.0.1", false), ("::1", false), ("0.0.0.0", true), ("192.0.2.1", true)] {
            assert_eq!(is_public("", listener), open, "{listener}");
        }
        assert!(is_public("[limits]\ntrusted_proxies = [\"127.0.0.1\"]", "127.0.0.1"));
        assert!(is_public("[notification]\npublic_url = \"https://berth.example\"", "127.0.0.1"));
        assert!(!is_public("[notification]\npublic_url = \"http://127.0.0.1:8080\"", "127.0.0.1"));
    }

    #[test]
    fn a_secret_comes_from_its_file_and_is_not_printed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "smtp://user:hunter2@localhost:25\n").unwrap();
        let config = load(&format!("smtp_url_file = {:?}", file.path())).unwrap();
        assert_eq!(config.smtp_url.as_ref().unwrap().expose_secret(), "smtp://user:hunter2@localhost:25");
        assert!(!format!("{config:?}").contains("hunter2"));
        let config = load(&format!("[notification]\nsms_token_file = {:?}", file.path())).unwrap();
        assert!(config.notification.sms_token.as_ref().unwrap().expose_secret().contains("hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
