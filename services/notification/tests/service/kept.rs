//! What is kept of a user, as user asks for it over gRPC.

use actix_web::http::Method;
use kit::ServiceName;
use proto::v1::KeptRequest;
use proto::v1::notifications_client::NotificationsClient;
use serde_json::json;
use testkit::Who;
use tonic::Code;
use wire::Pipes;
use wire::drain::Drain;

use crate::support::events::cache;
use crate::support::mail::{MailServer, Manner};
use crate::support::service::Notification;

#[actix_web::test]
async fn user_gets_all_that_is_kept_of_somebody_and_others_get_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = MailServer::start(Manner::Takes).await;
    let mut berth = Notification::start(directory.path(), &server.url()).await;
    berth.names.answer(&[&["93.184.216.34"]]);
    let (user, _, token) = berth.known(Who::Verified).await;
    let hook = json!({"url": "https://hooks.example.org/ada", "events": ["allocation.failed"]});
    berth.rest(&token, Method::POST, "/webhooks", Some(hook)).await;
    berth.allocation(&cache(&berth.ambient(), &user, "running")).await;
    berth.run().await;
    let pipes = Pipes::default();
    pipes.serve(ServiceName::Notification, berth.grpc(), &Drain::default()).unwrap();
    let request = KeptRequest { user_id: user.id.clone() };
    let ask = |caller| NotificationsClient::new(pipes.connect(caller, ServiceName::Notification).calls());
    let kept = ask(ServiceName::User).kept(request.clone()).await.unwrap().into_inner();
    assert_eq!(kept.preferences.len(), 32);
    assert_eq!((kept.webhooks[0].url.as_str(), kept.webhooks[0].events.len()), ("https://hooks.example.org/ada", 1));
    let delivery = &kept.deliveries[0];
    let told =
        (delivery.kind.as_str(), delivery.channel.as_str(), delivery.recipient.as_str(), delivery.state.as_str());
    assert_eq!((kept.deliveries.len(), told), (1, ("allocation_running", "email", "ada@example.org", "sent")));
    let refused = ask(ServiceName::Feed).kept(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
