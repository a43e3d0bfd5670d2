//! What is kept of a user, as allocation, feed and notification tell it.

use async_trait::async_trait;
use kit::{ErrorCode, Failure, TenantId, Timestamp, UserId};
use proto::convert::failure_of;
use proto::v1::allocations_client::AllocationsClient;
use proto::v1::feed_client::FeedClient;
use proto::v1::notifications_client::NotificationsClient;
use proto::v1::{self, KeptRequest, OfTenantRequest, OfUserRequest};
use tonic::Status;
use wire::Peer;
use wire::peer::Calls;

use crate::domain::export::{
    KeptAllocation, KeptComment, KeptDelivery, KeptFeed, KeptNotifications, KeptOpinion, KeptPort, KeptPreference,
    KeptWebhook,
};
use crate::ports::KeptElsewhere;

/// The largest answer that is read, in bytes: ten thousand comments of full length are more than tonic's 4 MiB.
const LARGEST: usize = 32 * 1024 * 1024;

/// Allocation, feed and notification.
pub struct KeptByPeers {
    allocations: AllocationsClient<Calls>,
    feed: FeedClient<Calls>,
    notifications: NotificationsClient<Calls>,
}

impl KeptByPeers {
    pub fn new(allocation: &Peer, feed: &Peer, notification: &Peer) -> Self {
        Self {
            allocations: AllocationsClient::new(allocation.calls()).max_decoding_message_size(LARGEST),
            feed: FeedClient::new(feed.calls()).max_decoding_message_size(LARGEST),
            notifications: NotificationsClient::new(notification.calls()).max_decoding_message_size(LARGEST),
        }
    }
}

#[async_trait]
impl KeptElsewhere for KeptByPeers {
    async fn allocations(&self, tenant: TenantId) -> Result<Vec<KeptAllocation>, Failure> {
        let request = OfTenantRequest { tenant_id: tenant.to_string() };
        let answer = self.allocations.clone().of_tenant(request).await.map_err(away)?;
        Ok(answer.into_inner().allocations.into_iter().map(allocation).collect())
    }

    async fn feed(&self, user: UserId) -> Result<KeptFeed, Failure> {
        let request = OfUserRequest { user_id: user.to_string() };
        let answer = self.feed.clone().of_user(request).await.map_err(away)?.into_inner();
        Ok(KeptFeed {
            comments: answer.comments.into_iter().map(comment).collect(),
            opinions: answer.opinions.into_iter().map(opinion).collect(),
        })
    }

    async fn notifications(&self, user: UserId) -> Result<KeptNotifications, Failure> {
        let request = KeptRequest { user_id: user.to_string() };
        let answer = self.notifications.clone().kept(request).await.map_err(away)?.into_inner();
        Ok(KeptNotifications {
            preferences: answer.preferences.into_iter().map(preference).collect(),
            webhooks: answer.webhooks.into_iter().map(webhook).collect(),
            deliveries: answer.deliveries.into_iter().map(delivery).collect(),
        })
    }
}

/// Why an answer is missing is for the operator: a user can only ask again.
fn away(status: Status) -> Failure {
    Failure::of(ErrorCode::PeerUnavailable).operator(failure_of(&status))
}

fn allocation(of: v1::Allocation) -> KeptAllocation {
    KeptAllocation {
        id: of.id,
        name: of.name,
        machine_id: of.machine_id,
        machine_name: of.machine_name,
        machine_revision: of.machine_revision,
        site: of.site,
        desired: of.desired,
        state: of.state,
        reason: of.reason,
        host: of.host,
        ports: of.ports.into_iter().map(port).collect(),
        image: of.image,
        created_at: Timestamp::from_micros(of.created_at),
        updated_at: Timestamp::from_micros(of.updated_at),
        started_at: of.started_at.map(Timestamp::from_micros),
    }
}

fn port(of: v1::AllocationPort) -> KeptPort {
    KeptPort {
        name: of.name,
        container_port: of.container_port,
        host_port: Some(of.host_port).filter(|port| *port != 0),
        protocol: of.protocol,
    }
}

fn comment(of: v1::Comment) -> KeptComment {
    KeptComment {
        id: of.id,
        machine_id: of.machine_id,
        text: of.text,
        created_at: Timestamp::from_micros(of.created_at),
        edited_at: of.edited_at.map(Timestamp::from_micros),
    }
}

fn opinion(of: v1::Opinion) -> KeptOpinion {
    KeptOpinion { machine_id: of.machine_id, status: of.status, at: Timestamp::from_micros(of.at) }
}

fn preference(of: v1::Preference) -> KeptPreference {
    KeptPreference { kind: of.kind, channel: of.channel, enabled: of.enabled }
}

fn webhook(of: v1::Webhook) -> KeptWebhook {
    let created_at = Timestamp::from_micros(of.created_at);
    KeptWebhook { id: of.id, url: of.url, events: of.events, created_at }
}

fn delivery(of: v1::DeliveryRecord) -> KeptDelivery {
    let created_at = Timestamp::from_micros(of.created_at);
    KeptDelivery { kind: of.kind, channel: of.channel, recipient: of.recipient, state: of.state, created_at }
}
