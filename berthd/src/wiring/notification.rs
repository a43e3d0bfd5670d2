//! Joins the notification service to its file, and to a mail server where one is configured.

use std::sync::Arc;

use berth_notification::mailers::{FileMailer, Sender, SmtpMailer};
use berth_notification::ports::Mailer;
use berth_notification::store::SqliteDeliveries;
use berth_notification::store::sqlite::MIGRATIONS;
use berth_notification::{Deps, build};
use kit::{Failure, ServiceName};
use secrecy::ExposeSecret as _;

use crate::platform::Platform;

pub async fn wire(platform: &Platform) -> Result<wire::Service, Failure> {
    let mailer = mailer(platform)?;
    let database = platform.database(ServiceName::Notification, &MIGRATIONS).await?;
    let store = Arc::new(SqliteDeliveries::open(database).await?);
    build(Deps {
        inbox: store.clone(),
        deliveries: store,
        mailer,
        codes: platform.master.derive("user-notification.codes"),
        ambient: platform.ambient.clone(),
        config: platform.config.notification.clone(),
    })
}

fn mailer(platform: &Platform) -> Result<Arc<dyn Mailer>, Failure> {
    let sender = Sender::parse(&platform.config.mail_from)?;
    Ok(match &platform.config.smtp_url {
        Some(url) => Arc::new(SmtpMailer::new(url.expose_secret(), sender)?),
        None => Arc::new(FileMailer::new(platform.data_dir().join("mail"), sender)),
    })
}
