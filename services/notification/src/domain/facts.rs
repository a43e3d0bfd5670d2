//! What a message tells, as it was when it happened: kept beside the delivery, so that a retry says the same as the first
//! attempt. What is serialised here is also the `data` that webhooks send. Never a secret.

use std::collections::BTreeMap;

use kit::Timestamp;
use serde::{Deserialize, Serialize};

/// The facts behind a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "data", rename_all = "snake_case")]
pub enum Facts {
    /// By name: `address`, `agent`, `name`, `scopes`, `expires_at`, `email`, `number`.
    Details(BTreeMap<String, String>),
    Allocation(Box<Allocation>),
    Account(Account),
}

impl Default for Facts {
    fn default() -> Self {
        Self::Details(BTreeMap::new())
    }
}

impl Facts {
    /// Details from pairs of name and text.
    pub fn of(details: &[(&str, &str)]) -> Self {
        Self::Details(details.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// A detail; empty where there is none.
    pub fn detail(&self, name: &str) -> &str {
        match self {
            Self::Details(details) => details.get(name).map_or("", String::as_str),
            Self::Allocation(_) | Self::Account(_) => "",
        }
    }

    pub fn allocation(&self) -> Option<&Allocation> {
        match self {
            Self::Allocation(allocation) => Some(allocation),
            Self::Details(_) | Self::Account(_) => None,
        }
    }
}

/// An allocation as its owner sees it over REST, after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    pub id: String,
    pub name: String,
    pub tenant_id: String,
    pub machine_id: String,
    pub machine_name: String,
    pub machine_revision: u64,
    pub site: String,
    pub desired: String,
    pub state: String,
    pub reason: Option<Reason>,
    pub host: String,
    pub ports: Vec<Port>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub revision: u64,
}

/// Why it is in its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    pub name: String,
    pub container_port: u32,
    /// `None` until first bound.
    pub host_port: Option<u32>,
    pub protocol: String,
}

/// A user as they see themselves over REST, after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub phone_number: Option<String>,
    pub verified: bool,
    pub email_notification: bool,
    pub sms_notification: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub revision: u64,
}
