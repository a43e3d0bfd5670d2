//! What clients see of preferences, webhooks and deliveries, and what they send.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kit::{Cursor, Failure, Page, Timestamp, UserId, WebhookId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{Channel, Choice, Kind, Record, Secret, Setting, Verdict, Webhook};

/// Whether a kind of message comes over a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preference)]
pub struct PreferenceView {
    pub kind: &'static str,
    /// `email` or `sms`.
    pub channel: &'static str,
    pub enabled: bool,
    /// Cannot be turned off.
    pub locked: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreferenceList)]
pub struct PreferenceListView {
    pub items: Vec<PreferenceView>,
}

/// Choices; what is not among them stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Preferences)]
pub struct PreferencesBody {
    pub items: Vec<PreferenceBody>,
}

/// One choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreferenceChoice)]
pub struct PreferenceBody {
    #[schema(example = "allocation_running")]
    pub kind: String,
    /// `email` or `sms`.
    #[schema(example = "email")]
    pub channel: String,
    pub enabled: bool,
}

/// A webhook. Its secret is shown when it is made or rotated, and never again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookView {
    #[schema(value_type = String, format = Uuid)]
    pub id: WebhookId,
    pub url: String,
    /// `["*"]`, or the names of events.
    #[schema(value_type = Vec<String>)]
    pub events: Vec<&'static str>,
    /// Whether events are sent.
    pub active: bool,
    /// Why the platform turned it off: `gone`, where the receiver answered 410, or `failing`, after five days.
    #[schema(required = true, value_type = Option<String>)]
    pub disabled_reason: Option<&'static str>,
    /// Since when deliveries fail, without a success in between.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// A webhook with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookWithSecret)]
pub struct WebhookSecretView {
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// `whsec_` and the base64 of the signing key.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookList)]
pub struct WebhookListView {
    pub items: Vec<WebhookView>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct WebhookDeliveryView {
    /// The event's `webhook-id`.
    pub id: String,
    #[schema(value_type = String)]
    pub event: &'static str,
    /// `pending`, `sent`, `expired`, `dead`, or `skipped` where the webhook was turned off.
    #[schema(value_type = String)]
    pub state: &'static str,
    pub attempts: u32,
    /// Why it is dead.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// The last HTTP status that the receiver answered with.
    #[schema(required = true)]
    pub status: Option<u16>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryList)]
pub struct WebhookDeliveryListView {
    pub items: Vec<WebhookDeliveryView>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A delivery that is under way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedDelivery)]
pub struct StartedView {
    /// The event's `webhook-id`.
    pub id: String,
}

/// A message that was given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub struct DeadLetterView {
    pub id: String,
    /// The kind of message, or the event's name.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// `email`, `sms` or `webhook`.
    #[schema(value_type = String)]
    pub channel: &'static str,
    #[schema(value_type = String, format = Uuid)]
    pub user_id: UserId,
    /// The address or number; of a webhook's URL the part before its path.
    pub recipient: String,
    /// The code of what went wrong last.
    pub reason: String,
    pub attempts: u32,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

/// A piece of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetterList)]
pub struct DeadLetterListView {
    pub items: Vec<DeadLetterView>,
    /// What `cursor` takes for the next piece; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

impl From<Vec<Setting>> for PreferenceListView {
    fn from(settings: Vec<Setting>) -> Self {
        let view = |Setting { choice, locked }| PreferenceView {
            kind: choice.kind.as_str(),
            channel: choice.channel.as_str(),
            enabled: choice.enabled,
            locked,
        };
        Self { items: settings.into_iter().map(view).collect() }
    }
}

impl PreferencesBody {
    /// `InvalidInput` with the item that is at fault.
    pub fn choices(self) -> Result<Vec<Choice>, Failure> {
        let mut choices: Vec<Choice> = Vec::new();
        for (at, item) in self.items.into_iter().enumerate() {
            let field = |failure: Failure| {
                let name = failure.field.clone().unwrap_or_default();
                failure.field(format!("items[{at}].{name}"))
            };
            let choice = item.choice().map_err(field)?;
            if choices.iter().any(|other| (other.kind, other.channel) == (choice.kind, choice.channel)) {
                return Err(field(Failure::invalid("kind", "This kind and channel stand here twice.")));
            }
            choices.push(choice);
        }
        Ok(choices)
    }
}

impl PreferenceBody {
    fn choice(self) -> Result<Choice, Failure> {
        let kind = Kind::parse(&self.kind)
            .ok_or_else(|| Failure::invalid("kind", "There is no such kind of message: list the preferences."))?;
        let channel = Channel::parse(&self.channel).filter(|channel| Channel::PERSONAL.contains(channel));
        let channel = channel.ok_or_else(|| Failure::invalid("channel", "A channel is `email` or `sms`."))?;
        Choice::new(kind, channel, self.enabled)
    }
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            events: webhook.events.names(),
            url: webhook.url,
            active: webhook.active,
            disabled_reason: webhook.disabled.map(Verdict::as_str),
            failing_since: webhook.failing_since,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

impl From<Webhook> for WebhookSecretView {
    fn from(webhook: Webhook) -> Self {
        let Secret(key) = &webhook.secret;
        Self { secret: format!("whsec_{}", STANDARD.encode(key)), webhook: webhook.into() }
    }
}

impl From<Record> for WebhookDeliveryView {
    fn from(record: Record) -> Self {
        Self {
            id: record.id.to_string(),
            event: record.subject.as_str(),
            state: record.state.as_str(),
            attempts: record.attempts,
            reason: record.reason,
            status: record.status,
            created_at: record.created_at,
        }
    }
}

impl From<Page<Record>> for DeadLetterListView {
    fn from(page: Page<Record>) -> Self {
        let next_cursor = page.next.as_ref().map(Cursor::encode);
        Self { items: page.items.into_iter().map(DeadLetterView::from).collect(), next_cursor }
    }
}

impl From<Record> for DeadLetterView {
    fn from(record: Record) -> Self {
        Self {
            id: record.id.to_string(),
            kind: record.subject.as_str(),
            channel: record.channel.as_str(),
            user_id: record.user,
            recipient: record.recipient,
            reason: record.reason.unwrap_or_default(),
            attempts: record.attempts,
            created_at: record.created_at,
            finished_at: record.finished_at,
        }
    }
}
