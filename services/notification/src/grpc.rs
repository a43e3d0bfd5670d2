//! The notification service as other services ask it.

use kit::{Failure, ServiceName, UserId};
use proto::convert::{id, status_of};
use proto::v1::notifications_server::{Notifications, NotificationsServer};
use proto::v1::{self, KeptReply, KeptRequest};
use tonic::{Request, Response, Status};
use wire::Allow;
use wire::service::Grpc;

use crate::domain::{Record, Setting, Webhook};
use crate::use_cases::App;
use crate::use_cases::kept::{Kept, kept};

/// Who may call what.
const ALLOW: &[(&str, &[ServiceName])] = &[("/berth.v1.Notifications/Kept", &[ServiceName::User])];

struct Answers(App);

/// The methods, with their allow-list.
pub fn grpc(app: App) -> Grpc {
    let server = NotificationsServer::new(Answers(app));
    Grpc { routes: tonic::service::Routes::new(server), allow: Allow::methods(ALLOW) }
}

#[tonic::async_trait]
impl Notifications for Answers {
    async fn kept(&self, request: Request<KeptRequest>) -> Result<Response<KeptReply>, Status> {
        let kept = async {
            let user: UserId = id(&request.get_ref().user_id, "user_id")?;
            kept(&self.0, user).await
        };
        let kept: Result<Kept, Failure> = kept.await;
        Ok(Response::new(reply(kept.map_err(|failure| status_of(&failure))?)))
    }
}

fn reply(kept: Kept) -> KeptReply {
    KeptReply {
        preferences: kept.settings.into_iter().map(preference).collect(),
        webhooks: kept.webhooks.iter().map(webhook).collect(),
        deliveries: kept.deliveries.into_iter().map(delivery).collect(),
    }
}

fn preference(setting: Setting) -> v1::Preference {
    v1::Preference {
        kind: setting.choice.kind.as_str().to_owned(),
        channel: setting.choice.channel.as_str().to_owned(),
        enabled: setting.choice.enabled,
    }
}

fn webhook(webhook: &Webhook) -> v1::Webhook {
    v1::Webhook {
        id: webhook.id.to_string(),
        url: webhook.url.clone(),
        events: webhook.events.names().into_iter().map(str::to_owned).collect(),
        created_at: webhook.created_at.as_micros(),
    }
}

fn delivery(record: Record) -> v1::DeliveryRecord {
    v1::DeliveryRecord {
        kind: record.subject.as_str().to_owned(),
        channel: record.channel.as_str().to_owned(),
        recipient: record.recipient,
        state: record.state.as_str().to_owned(),
        created_at: record.created_at.as_micros(),
    }
}
