//! What tests of checks begin from.

use std::sync::Arc;

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use kit::{Ambient, ServiceName};

use super::context::{Context, Topology};
use super::finding::{Finding, Level};
use crate::config::Config;

/// A configuration as a file says it, without this shell's variables.
pub fn config(text: &str) -> Config {
    let sources = Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(text));
    sources.extract().expect("the test's configuration can be read")
}

/// For `berthd up`, or where servers are named for all eight services.
pub fn context(text: &str) -> Arc<Context> {
    context_of(&[], text)
}

/// For some services.
pub fn context_of(services: &[ServiceName], text: &str) -> Arc<Context> {
    let config = config(text);
    let topology = Topology::of(services, &config);
    Arc::new(Context { config, topology, ambient: Ambient::system() })
}

/// How one check stands, with its sentence.
pub fn only<'f>(findings: &'f [Finding], id: &str) -> &'f Finding {
    let mut of_id = findings.iter().filter(|finding| finding.check.id == id);
    let found = of_id.next().unwrap_or_else(|| panic!("{id} is not among {findings:#?}"));
    assert!(of_id.next().is_none(), "{id} is there twice: {findings:#?}");
    found
}

/// Asserts a level, and that what to do names something.
#[track_caller]
pub fn is(finding: &Finding, level: Level, advice: &str) {
    assert_eq!(finding.level, level, "{finding:#?}");
    let given = finding.advice.as_deref().unwrap_or_default();
    assert!(given.contains(advice), "{advice} is not in: {given}");
}
