//! Joins the notification service to its file, to a mail server and a gateway for text messages where they are
//! configured, and to the Internet for webhooks.

use std::sync::Arc;

use berth_notification::gateways::{HttpSms, HttpWebhooks, Reach, SystemResolver};
use berth_notification::mailers::{FileMailer, Sender, SmtpMailer};
use berth_notification::peers::AllocationLogs;
use berth_notification::ports::{Mailer, SmsGateway};
use berth_notification::store::SqlStore;
pub use berth_notification::store::sql::MIGRATIONS;
use berth_notification::{Deps, build};
use kit::{Failure, ServiceName};
use secrecy::ExposeSecret as _;

use super::backings::Relational;
use crate::backing::Wired;
use crate::platform::Platform;

pub async fn wire(platform: &Platform) -> Result<Wired, Failure> {
    let me = ServiceName::Notification;
    let (mailer, sms, config) = (mailer(platform)?, sms(platform)?, platform.config.notification.clone());
    let database = platform.relational(me, config.database_url.as_ref(), &MIGRATIONS).await?;
    let sealing = platform.master.derive("notification.webhook_secrets");
    let store = Arc::new(SqlStore::open(database.clone(), platform.ambient.clone(), sealing).await?);
    let reach = if config.webhooks_allow_private { Reach::Anywhere } else { Reach::Public };
    let service = build(Deps {
        inbox: store.clone(),
        deliveries: store.clone(),
        contacts: store.clone(),
        preferences: store.clone(),
        webhooks: store.clone(),
        history: store.clone(),
        dead_letters: store,
        mailer,
        sms,
        sender: Arc::new(HttpWebhooks::new(Arc::new(SystemResolver), reach)),
        logs: Arc::new(AllocationLogs::new(&platform.peer(me, ServiceName::Allocation))),
        codes: platform.master.derive("user-notification.codes"),
        ambient: platform.ambient.clone(),
        config,
        door: platform.door(me),
    })?;
    Ok(Wired::new(service, Relational { database, ambient: platform.ambient.clone() }))
}

fn mailer(platform: &Platform) -> Result<Arc<dyn Mailer>, Failure> {
    let sender = Sender::parse(&platform.config.mail_from)?;
    Ok(match &platform.config.smtp_url {
        Some(url) => Arc::new(SmtpMailer::new(url.expose_secret(), sender)?),
        None => Arc::new(FileMailer::new(platform.data_dir().join("mail"), sender)),
    })
}

fn sms(platform: &Platform) -> Result<Option<Arc<dyn SmsGateway>>, Failure> {
    let config = &platform.config.notification;
    let Some(url) = &config.sms_url else { return Ok(None) };
    let gateway = HttpSms::new(url, config.sms_token.clone(), config.sms_from.clone())?;
    Ok(Some(Arc::new(gateway)))
}
