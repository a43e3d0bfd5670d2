//! What other services ask: a user as they are now, the public keys, and what was closed.

use std::sync::Arc;

use kit::{Failure, ServiceName, Timestamp};
use proto::convert::{id, status_of};
use proto::v1::users_server::{Users, UsersServer};
use proto::v1::{self, ClosedSinceReply, ClosedSinceRequest, FindUserRequest, SigningKeysReply, SigningKeysRequest};
use tonic::{Request, Response, Status};
use wire::Allow;
use wire::service::Grpc;

use crate::domain::Closure;
use crate::events;
use crate::use_cases::api_key_resolve::Resolved;
use crate::use_cases::{App, api_key_resolve, keys_publish, sessions_closed, user_find};

/// Which services may call what.
const ALLOW: [(&str, &[ServiceName]); 4] = [
    ("/berth.v1.Users/Find", &[ServiceName::Verifier]),
    (
        "/berth.v1.Users/SigningKeys",
        &[
            ServiceName::Machines,
            ServiceName::Allocation,
            ServiceName::Feed,
            ServiceName::Verifier,
            ServiceName::Interact,
            ServiceName::Notification,
        ],
    ),
    ("/berth.v1.Users/ResolveKey", &[ServiceName::Verifier]),
    ("/berth.v1.Users/ClosedSince", &[ServiceName::Verifier]),
];

struct UsersService(Arc<App>);

/// The service's gRPC side.
pub fn grpc(app: Arc<App>) -> Grpc {
    Grpc { routes: tonic::service::Routes::new(UsersServer::new(UsersService(app))), allow: Allow::methods(&ALLOW) }
}

#[tonic::async_trait]
impl Users for UsersService {
    async fn find(&self, request: Request<FindUserRequest>) -> Result<Response<v1::User>, Status> {
        answer(async {
            let user = id(&request.get_ref().id, "id")?;
            user_find::user_find(&self.0, user).await.map(|user| events::message(&user))
        })
        .await
    }

    async fn signing_keys(&self, _: Request<SigningKeysRequest>) -> Result<Response<SigningKeysReply>, Status> {
        answer(async {
            let keys = keys_publish::keys_publish(&self.0).await?;
            let keys = keys.into_iter().map(|key| v1::SigningKey { kid: key.kid, public_key: key.public_key.to_vec() });
            Ok(SigningKeysReply { keys: keys.collect() })
        })
        .await
    }

    async fn resolve_key(&self, request: Request<v1::ResolveKeyRequest>) -> Result<Response<v1::ApiKey>, Status> {
        answer(async { api_key_resolve::api_key_resolve(&self.0, &request.get_ref().hash).await.map(api_key) }).await
    }

    async fn closed_since(&self, request: Request<ClosedSinceRequest>) -> Result<Response<ClosedSinceReply>, Status> {
        answer(async {
            let ClosedSinceRequest { cursor, limit } = request.into_inner();
            let closures = sessions_closed::sessions_closed(&self.0, cursor, limit).await?;
            Ok(ClosedSinceReply { closures: closures.into_iter().map(closure).collect() })
        })
        .await
    }
}

async fn answer<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<Response<T>, Status> {
    work.await.map(Response::new).map_err(|failure| status_of(&failure))
}

fn api_key(Resolved { key, user, at }: Resolved) -> v1::ApiKey {
    v1::ApiKey {
        id: key.id.to_string(),
        user_id: user.id.to_string(),
        tenant_id: key.tenant.to_string(),
        scopes: key.scopes.iter().map(ToString::to_string).collect(),
        expires_at: key.expires_at.map(Timestamp::as_micros),
        user_revision: user.revision,
        resolved_at: at.as_micros(),
    }
}

fn closure(closure: Closure) -> v1::Closure {
    v1::Closure {
        cursor: closure.cursor,
        session_id: closure.session.map(|session| session.to_string()).unwrap_or_default(),
        user_id: closure.user.to_string(),
        at: closure.at.as_micros(),
        reason: closure.reason,
    }
}

#[cfg(test)]
mod tests {
    use kit::ErrorCode;
    use proto::convert::failure_of;
    use proto::v1::users_client::UsersClient;
    use serde_json::json;
    use wire::peer::Calls;

    use super::*;
    use crate::testing::Server;

    fn client(server: Server, caller: ServiceName) -> (UsersClient<Calls>, Server) {
        let (peer, server) = server.peer(caller);
        (UsersClient::new(peer.calls()), server)
    }

    #[actix_web::test]
    async fn the_verifier_finds_users_and_others_may_not_ask() {
        let server = Server::start().await;
        let id = server.verified("ada").await;
        let (mut verifier, server) = client(server, ServiceName::Verifier);
        let user = verifier.find(FindUserRequest { id: id.clone() }).await.unwrap().into_inner();
        let announced = server.user_events().await.pop().unwrap().1.user;
        assert_eq!(Some(user), announced);
        let nobody = FindUserRequest { id: "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a".to_owned() };
        assert_eq!(failure_of(&verifier.find(nobody).await.unwrap_err()).code, ErrorCode::UserNotFound);
        let (mut feed, _server) = client(Server::start().await, ServiceName::Feed);
        let refused = feed.find(FindUserRequest { id }).await.unwrap_err();
        assert_eq!(failure_of(&refused).code, ErrorCode::Forbidden);
        assert_eq!(feed.signing_keys(SigningKeysRequest {}).await.unwrap().into_inner().keys.len(), 1);
    }

    #[actix_web::test]
    async fn the_verifier_resolves_a_key_until_it_is_revoked_and_hears_of_that() {
        let server = Server::start().await;
        let ada = server.verified("ada").await;
        let token = server.token("ada").await;
        let wish = json!({"name": "ci", "scopes": ["logs:read"], "expires_at": "2026-02-01T00:00:00Z"});
        let made = server.call("POST", "/user/api-keys", Some(&token), Some(wish)).await;
        let ask = |text: &str| v1::ResolveKeyRequest { hash: kit::api_key::hash(text).unwrap().to_vec() };
        let ask = ask(&made.text("key"));
        let (mut verifier, server) = client(server, ServiceName::Verifier);
        let key = verifier.resolve_key(ask.clone()).await.unwrap().into_inner();
        let now = server.clock.ambient().now();
        assert_eq!((key.id.as_str(), key.user_id.as_str()), (made.text("id").as_str(), ada.as_str()));
        assert_eq!((key.tenant_id, key.scopes), (made.text("tenant_id"), vec!["logs:read".to_owned()]));
        assert_eq!(key.expires_at.map(Timestamp::from_micros), "2026-02-01T00:00:00Z".parse().ok());
        assert!(key.user_revision == 2 && key.resolved_at < now.as_micros());
        let path = format!("/user/api-keys/{}", key.id);
        assert_eq!(server.call("DELETE", &path, Some(&token), None).await.status, 204);
        let refused = verifier.resolve_key(ask).await.unwrap_err();
        assert_eq!(failure_of(&refused).code, ErrorCode::Unauthenticated);
        let garbage = verifier.resolve_key(v1::ResolveKeyRequest { hash: vec![1, 2, 3] }).await.unwrap_err();
        assert_eq!(failure_of(&garbage).code, ErrorCode::Unauthenticated);
        let closed = verifier.closed_since(ClosedSinceRequest { cursor: 0, limit: 10 }).await.unwrap().into_inner();
        let closed = closed.closures.last().unwrap();
        assert_eq!((&closed.session_id, closed.reason.as_str()), (&key.id, "revoked"));
        assert!(key.resolved_at <= closed.at);
    }

    #[actix_web::test]
    async fn only_the_verifier_resolves_keys() {
        let (mut feed, _server) = client(Server::start().await, ServiceName::Feed);
        let refused = feed.resolve_key(v1::ResolveKeyRequest { hash: vec![0; 32] }).await.unwrap_err();
        assert_eq!(failure_of(&refused).code, ErrorCode::Forbidden);
    }

    #[actix_web::test]
    async fn the_verifier_hears_of_accounts_that_close_as_a_whole() {
        let server = Server::start().await;
        server.verified("ada").await;
        let (bob, cleo) = (server.verified("bob").await, server.verified("cleo").await);
        let (admin, leaving) = (server.token("ada").await, server.token("cleo").await);
        server.token("bob").await;
        server.call("POST", &format!("/user/{bob}/suspension"), Some(&admin), None).await;
        server.call("DELETE", "/user/me", Some(&leaving), None).await;
        let (mut verifier, _server) = client(server, ServiceName::Verifier);
        let ask = ClosedSinceRequest { cursor: 0, limit: 10 };
        let closures = verifier.closed_since(ask).await.unwrap().into_inner().closures;
        let told: Vec<_> = closures.into_iter().map(|it| (it.session_id, it.user_id, it.reason)).collect();
        let whole = |user: &str, reason: &str| (String::new(), user.to_owned(), reason.to_owned());
        assert_eq!(told, [whole(&bob, "suspended"), whole(&cleo, "deleted")]);
    }

    #[actix_web::test]
    async fn the_verifier_hears_what_was_closed_once() {
        let server = Server::start().await;
        let id = server.verified("ada").await;
        let first = server.log_in("ada").await.text("refresh_token");
        let refresh = json!({"refresh_token": first});
        server.post("/user/refresh", refresh.clone()).await;
        server.post("/user/refresh", refresh).await;
        let (mut verifier, _server) = client(server, ServiceName::Verifier);
        let ask = |cursor| ClosedSinceRequest { cursor, limit: 10 };
        let closures = verifier.closed_since(ask(0)).await.unwrap().into_inner().closures;
        assert_eq!(closures.len(), 1);
        assert_eq!((closures[0].user_id.as_str(), closures[0].reason.as_str()), (id.as_str(), "refresh_token_reused"));
        let later = verifier.closed_since(ask(closures[0].cursor)).await.unwrap().into_inner();
        assert!(later.closures.is_empty());
    }
}
