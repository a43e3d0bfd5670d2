//! What other services keep of a user, as an export of one's own data shows it. Nothing in here is a secret.

use kit::Timestamp;

/// One allocation. Ids are texts: nothing is done with them but to show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAllocation {
    pub id: String,
    pub name: String,
    pub machine_id: String,
    pub machine_name: String,
    pub machine_revision: u64,
    pub site: String,
    pub desired: String,
    pub state: String,
    pub reason: Option<String>,
    pub host: String,
    pub ports: Vec<KeptPort>,
    pub image: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub started_at: Option<Timestamp>,
}

/// A port of an allocation; `host_port` is `None` until first bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPort {
    pub name: String,
    pub container_port: u32,
    pub host_port: Option<u32>,
    pub protocol: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptComment {
    pub id: String,
    pub machine_id: String,
    pub text: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

/// `status` is `like` or `dislike`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOpinion {
    pub machine_id: String,
    pub status: String,
    pub at: Timestamp,
}

/// All that a user said in the feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptFeed {
    pub comments: Vec<KeptComment>,
    pub opinions: Vec<KeptOpinion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPreference {
    pub kind: String,
    pub channel: String,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptWebhook {
    pub id: String,
    pub url: String,
    pub events: Vec<String>,
    pub created_at: Timestamp,
}

/// `state` is `pending`, `sent`, `expired` or `dead`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDelivery {
    pub kind: String,
    pub channel: String,
    pub recipient: String,
    pub state: String,
    pub created_at: Timestamp,
}

/// How a user is told of things, and what they were told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptNotifications {
    pub preferences: Vec<KeptPreference>,
    pub webhooks: Vec<KeptWebhook>,
    pub deliveries: Vec<KeptDelivery>,
}
