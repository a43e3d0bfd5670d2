//! `notification.requested`: a code or a security notice, with the address that it is for.

use bus::Event;
use kit::{Ambient, Failure, Timestamp, UserId};
use proto::convert::id;
use proto::v1::NotificationRequested;

use super::decode;
use crate::domain::delivery::Told;
use crate::domain::{Channel, Delivery, DeliveryId, Facts, Kind, backoff};
use crate::ports::Effect;

/// A notice that goes by mail also goes by text to who wants that, and once: that the address was changed is announced to
/// the old and to the new one, and the notice to the new one brings the text along.
pub fn effects(event: &Event, ambient: &Ambient, channels: &[Channel]) -> Result<Vec<Effect>, Failure> {
    if event.kind != "notification.requested" {
        return Ok(Vec::new());
    }
    let request: NotificationRequested = decode(event)?;
    let unknown =
        |field: &str, text: &str| Failure::invalid(field, format!("`{field}` is `{text}`, which is not known"));
    let kind = Kind::parse(&request.kind).ok_or_else(|| unknown("kind", &request.kind))?;
    let channel = Channel::parse(&request.channel).filter(|channel| Channel::PERSONAL.contains(channel));
    let channel = channel.ok_or_else(|| unknown("channel", &request.channel))?;
    let asked = read(request, kind, channel, event.at, ambient)?;
    let elsewhere = kind == Kind::EmailChanged && asked.facts.detail("email") != asked.recipient;
    let texted = !kind.is_code() && !elsewhere && channel == Channel::Email && channels.contains(&Channel::Sms);
    let text = texted.then(|| by_text(&asked, ambient));
    Ok(std::iter::once(asked).chain(text).map(|delivery| Effect::Deliver(Box::new(delivery))).collect())
}

fn read(
    request: NotificationRequested,
    kind: Kind,
    channel: Channel,
    announced: Timestamp,
    ambient: &Ambient,
) -> Result<Delivery, Failure> {
    if kind.is_code() && request.sealed_code.is_empty() {
        return Err(Failure::invalid("sealed_code", "`sealed_code` is missing"));
    }
    let user: UserId = id(&request.user_id, "user_id")?;
    let at = if request.at > 0 { Timestamp::from_micros(request.at) } else { announced };
    let told =
        Told { cause: id(&request.id, "id")?, user, at, facts: Facts::Details(request.details.into_iter().collect()) };
    let delivery = Delivery::to_person(DeliveryId::mint(ambient), kind, channel, told, ambient.now());
    let expires_at = match request.expires_at {
        0 => delivery.expires_at,
        asked => Timestamp::from_micros(asked).min(at.plus(backoff::NEWS)),
    };
    Ok(Delivery {
        recipient: request.recipient,
        first_name: request.first_name,
        sealed_code: request.sealed_code,
        expires_at,
        ..delivery
    })
}

fn by_text(asked: &Delivery, ambient: &Ambient) -> Delivery {
    Delivery { id: DeliveryId::mint(ambient), channel: Channel::Sms, recipient: String::new(), ..asked.clone() }
}
