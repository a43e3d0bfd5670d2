//! Tries a message again that was given up, once an admin has mended what stood in its way.

use kit::{Act, Caller, ErrorCode, Failure, TenantId};

use super::App;
use crate::domain::backoff;
use crate::domain::{Channel, DeliveryId, Record};

/// `DeliveryExpired` for a code: it was wiped when it was given up, and its owner can ask for another.
pub async fn dead_letter_resend(app: &App, admin: &Caller, id: DeliveryId) -> Result<(), Failure> {
    let gone = || Failure::of(ErrorCode::DeadLetterNotFound);
    let letter = app.dead_letters.find(id).await?.ok_or_else(gone)?;
    if letter.subject.is_code() {
        return Err(Failure::new(ErrorCode::DeliveryExpired, "A code is not sent late: its user asks for another."));
    }
    let at = app.ambient.now();
    let act = act(admin, &letter, tenant(app, &letter).await?);
    let worth = if letter.channel == Channel::Webhook { backoff::EVENT } else { backoff::NEWS };
    if !app.dead_letters.resend(id, at, at.plus(worth), act).await? {
        return Err(gone());
    }
    app.wake.all();
    tracing::info!(delivery.id = %id, user.id = %admin.user, "resent message {id}");
    Ok(())
}

async fn tenant(app: &App, letter: &Record) -> Result<Option<TenantId>, Failure> {
    Ok(app.contacts.reach(letter.user).await?.contact().map(|contact| contact.tenant))
}

fn act(admin: &Caller, letter: &Record, tenant: Option<TenantId>) -> Act {
    Act::by(admin, "notification.resend", "delivery", letter.id)
        .as_admin(tenant)
        .detail("kind", letter.subject)
        .detail("channel", letter.channel.as_str())
}
