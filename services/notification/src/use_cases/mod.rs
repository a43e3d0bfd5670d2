//! What this service does, one verb a file, written against its ports.

pub mod accept;
pub mod dead_letter_list;
pub mod dead_letter_resend;
pub mod deliver;
pub mod kept;
pub mod preferences_show;
pub mod preferences_update;
pub mod webhook_create;
pub mod webhook_delete;
pub mod webhook_deliveries;
pub mod webhook_list;
pub mod webhook_rotate;
pub mod webhook_test;
pub mod webhook_update;

use std::sync::Arc;

use kit::{Ambient, ErrorCode, Failure};
use tokio::sync::Notify;

use crate::domain::Secret;
use crate::ports::{Contacts, DeadLetters, History, Preferences, WebhookSender, Webhooks};

/// Wakes the tasks that send.
#[derive(Clone)]
pub struct Wake {
    pub messages: Arc<Notify>,
    pub webhooks: Arc<Notify>,
}

impl Wake {
    pub fn all(&self) {
        self.messages.notify_one();
        self.webhooks.notify_one();
    }
}

/// What people's calls work with.
#[derive(Clone)]
pub struct App {
    pub contacts: Arc<dyn Contacts>,
    pub preferences: Arc<dyn Preferences>,
    pub webhooks: Arc<dyn Webhooks>,
    pub history: Arc<dyn History>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub sender: Arc<dyn WebhookSender>,
    pub ambient: Ambient,
    pub wake: Wake,
}

impl App {
    fn secret(&self) -> Secret {
        Secret(self.ambient.bytes::<32>().to_vec())
    }
}

fn no_webhook() -> Failure {
    Failure::of(ErrorCode::WebhookNotFound)
}
