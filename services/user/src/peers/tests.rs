//! The ports over gRPC, against services that note what they were asked.

use std::sync::{Arc, Mutex};

use kit::{Ambient, ErrorCode, ServiceName, TenantId, UserId};
use proto::v1::allocations_server::{Allocations, AllocationsServer};
use proto::v1::feed_server::{Feed, FeedServer};
use proto::v1::notifications_server::{Notifications, NotificationsServer};
use proto::v1::{self, SettleReply, SettleRequest};
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use wire::drain::Drain;
use wire::service::Grpc;
use wire::{Allow, Pipes};

use super::{AllocationHoldings, KeptByPeers};
use crate::domain::{Settlement, Wish};
use crate::ports::{Holdings as _, KeptElsewhere as _};

/// Allocation, feed and notification as far as user asks them.
#[derive(Clone, Default)]
struct Others {
    asked: Arc<Mutex<Vec<SettleRequest>>>,
    /// How many comments of 1 KiB the user wrote besides one.
    more: usize,
}

#[tonic::async_trait]
impl Allocations for Others {
    async fn find(&self, _: Request<v1::FindAllocationRequest>) -> Result<Response<v1::Allocation>, Status> {
        Err(Status::unimplemented("user does not ask for one"))
    }

    async fn of_tenant(&self, asked: Request<v1::OfTenantRequest>) -> Result<Response<v1::OfTenantReply>, Status> {
        let ports =
            vec![v1::AllocationPort { name: "redis".into(), container_port: 6379, ..v1::AllocationPort::default() }];
        let tenant_id = asked.into_inner().tenant_id;
        let one = v1::Allocation {
            name: "cache".into(),
            tenant_id: tenant_id.clone(),
            id: tenant_id,
            ports,
            created_at: 7,
            ..v1::Allocation::default()
        };
        Ok(Response::new(v1::OfTenantReply { allocations: vec![one] }))
    }

    async fn settle(&self, asked: Request<SettleRequest>) -> Result<Response<SettleReply>, Status> {
        let mut all = self.asked.lock().unwrap();
        all.push(asked.into_inner());
        Ok(Response::new(SettleReply { left: 2 }))
    }

    async fn last_lines(&self, _: Request<v1::LastLinesRequest>) -> Result<Response<v1::LastLinesReply>, Status> {
        Err(Status::unimplemented("user does not read logs"))
    }
}

#[tonic::async_trait]
impl Feed for Others {
    async fn counts(&self, _: Request<v1::CountsRequest>) -> Result<Response<v1::CountsReply>, Status> {
        Err(Status::unimplemented("user does not count"))
    }

    async fn of_user(&self, asked: Request<v1::OfUserRequest>) -> Result<Response<v1::OfUserReply>, Status> {
        let comment = v1::Comment {
            id: asked.into_inner().user_id,
            text: "fast".into(),
            edited_at: Some(9),
            ..v1::Comment::default()
        };
        let opinions = vec![v1::Opinion { status: "like".into(), ..v1::Opinion::default() }];
        let more = v1::Comment { text: "x".repeat(1024), ..v1::Comment::default() };
        let comments = [vec![comment], vec![more; self.more]].concat();
        Ok(Response::new(v1::OfUserReply { comments, opinions }))
    }
}

#[tonic::async_trait]
impl Notifications for Others {
    async fn kept(&self, asked: Request<v1::KeptRequest>) -> Result<Response<v1::KeptReply>, Status> {
        let delivery = v1::DeliveryRecord {
            recipient: asked.into_inner().user_id,
            state: "sent".into(),
            ..v1::DeliveryRecord::default()
        };
        let preferences = vec![v1::Preference { kind: "welcome".into(), channel: "email".into(), enabled: true }];
        let webhooks = vec![v1::Webhook { url: "https://example.org/hook".into(), ..v1::Webhook::default() }];
        Ok(Response::new(v1::KeptReply { preferences, webhooks, deliveries: vec![delivery] }))
    }
}

const METHODS: [(&str, &[ServiceName]); 4] = [
    ("/berth.v1.Allocations/OfTenant", &[ServiceName::User]),
    ("/berth.v1.Allocations/Settle", &[ServiceName::User]),
    ("/berth.v1.Feed/OfUser", &[ServiceName::User]),
    ("/berth.v1.Notifications/Kept", &[ServiceName::User]),
];

/// All three behind pipes.
fn platform(others: &Others) -> (AllocationHoldings, KeptByPeers) {
    let (pipes, drain) = (Pipes::default(), Drain::default());
    let served = [
        (ServiceName::Allocation, Routes::new(AllocationsServer::new(others.clone()))),
        (ServiceName::Feed, Routes::new(FeedServer::new(others.clone()))),
        (ServiceName::Notification, Routes::new(NotificationsServer::new(others.clone()))),
    ];
    for (name, routes) in served {
        pipes.serve(name, Grpc { routes, allow: Allow::methods(&METHODS) }, &drain).unwrap();
    }
    let peer = |callee| pipes.connect(ServiceName::User, callee);
    let allocation = peer(ServiceName::Allocation);
    let kept = KeptByPeers::new(&allocation, &peer(ServiceName::Feed), &peer(ServiceName::Notification));
    (AllocationHoldings::new(&allocation), kept)
}

#[tokio::test]
async fn a_wish_reaches_allocation_with_tenant_and_actor() {
    let (others, ambient) = (Others::default(), Ambient::system());
    let (holdings, _) = platform(&others);
    for (wish, sent) in [(Wish::Stopped, v1::Settlement::Stopped), (Wish::Removed, v1::Settlement::Removed)] {
        let work = Settlement {
            user: UserId::mint(&ambient),
            tenant: TenantId::mint(&ambient),
            wish,
            actor: UserId::mint(&ambient),
            asked_at: ambient.now(),
        };
        assert_eq!(holdings.settle(work).await.unwrap(), 2);
        let asked = others.asked.lock().unwrap().pop().unwrap();
        let expected = (work.tenant.to_string(), sent, work.actor.to_string());
        assert_eq!((asked.tenant_id.clone(), asked.wish(), asked.actor), expected);
    }
}

#[tokio::test]
async fn what_is_kept_comes_from_all_three() {
    let ambient = Ambient::system();
    let (tenant, user) = (TenantId::mint(&ambient), UserId::mint(&ambient));
    let (_, kept) = platform(&Others::default());
    let allocations = kept.allocations(tenant).await.unwrap();
    assert_eq!((allocations[0].id.as_str(), allocations[0].name.as_str()), (tenant.to_string().as_str(), "cache"));
    // 0 is a port that was not bound yet, and no time of 1970 a start.
    assert_eq!((allocations[0].ports[0].host_port, allocations[0].started_at), (None, None));
    let feed = kept.feed(user).await.unwrap();
    assert_eq!((feed.comments[0].id.as_str(), feed.opinions[0].status.as_str()), (user.to_string().as_str(), "like"));
    let told = kept.notifications(user).await.unwrap();
    assert_eq!((told.deliveries[0].recipient.as_str(), told.webhooks.len()), (user.to_string().as_str(), 1));
    assert!(told.preferences[0].enabled);
}

#[tokio::test]
async fn whoever_wrote_much_gets_all_of_it() {
    let (_, kept) = platform(&Others { more: 10_000, ..Others::default() });
    let feed = kept.feed(UserId::mint(&Ambient::system())).await.unwrap();
    assert_eq!(feed.comments.len(), 10_001);
}

#[tokio::test]
async fn a_service_that_may_not_be_asked_is_a_failure_and_no_empty_answer() {
    let (pipes, drain) = (Pipes::default(), Drain::default());
    let routes = Routes::new(AllocationsServer::new(Others::default()));
    pipes.serve(ServiceName::Allocation, Grpc { routes, allow: Allow::default() }, &drain).unwrap();
    let peer = pipes.connect(ServiceName::User, ServiceName::Allocation);
    let (holdings, kept) = (AllocationHoldings::new(&peer), KeptByPeers::new(&peer, &peer, &peer));
    let ambient = Ambient::system();
    let (user, tenant) = (UserId::mint(&ambient), TenantId::mint(&ambient));
    let work = Settlement { user, tenant, wish: Wish::Removed, actor: user, asked_at: ambient.now() };
    let refused = holdings.settle(work).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
    let answers = [
        kept.allocations(tenant).await.map(drop),
        kept.feed(user).await.map(drop),
        kept.notifications(user).await.map(drop),
    ];
    assert!(answers.into_iter().all(|answer| answer.unwrap_err().code == ErrorCode::PeerUnavailable));
}
