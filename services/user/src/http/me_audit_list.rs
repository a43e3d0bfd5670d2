//! Lists for a user what they did, and what was done to them and to their things.

use actix_web::{HttpResponse, get, web};
use kit::{Failure, PageRequest, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Problem, Problems, Query, Verified, scope};

use super::audit_views::AuditListView;
use crate::domain::{ActFilter, ActionFilter};
use crate::use_cases::App;
use crate::use_cases::audit_list::audit_of;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// `allocation.stop`, or `allocation.` for all that begin so.
    action: Option<String>,
    /// `allocation`, `user`, `api_key`, …
    subject_kind: Option<String>,
    subject_id: Option<String>,
    /// Done then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Done before.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// 1 to 200, default 50.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// List the own part of the audit list. Where an admin worked from is not told.
#[utoipa::path(operation_id = "user_me_audit_list", tag = "user",
    security(("bearer" = []), ("api_key" = ["profile:read"])), params(Parameters),
    responses((status = 200, description = "Acts, newest first", body = AuditListView), Problems))]
#[get("/me/audit")]
pub async fn handler(
    caller: Verified<scope::ProfileRead>,
    app: web::Data<App>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let page = PageRequest::parse(query.0.limit, query.0.cursor.as_deref())?;
    let found = audit_of(&app, &caller, &filter(query.0)?, &page).await?;
    Ok(HttpResponse::Ok().json(AuditListView::from(found)))
}

fn filter(query: Parameters) -> Result<ActFilter, Failure> {
    Ok(ActFilter {
        action: query.action.as_deref().map(ActionFilter::parse).transpose()?,
        subject_kind: query.subject_kind,
        subject_id: query.subject_id,
        since: query.since,
        until: query.until,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kit::{Act, ServiceName, TenantId, UserId};
    use serde_json::json;

    use crate::testing::Server;

    async fn tenant_of(server: &Server, user: &str) -> TenantId {
        let mut events = server.user_events().await.into_iter().filter_map(|(_, event)| event.user);
        events.rfind(|found| found.id == user).expect("announced").tenant_id.parse().unwrap()
    }

    #[actix_web::test]
    async fn a_user_sees_what_concerns_them_and_nothing_else() {
        let server = Server::start().await;
        let (ada, bob) = (server.verified("ada").await, server.verified("bob").await);
        let (admin, user): (UserId, UserId) = (ada.parse().unwrap(), bob.parse().unwrap());
        let tenant = tenant_of(&server, &bob).await;
        let (ada_token, bob_token) = (server.token("ada").await, server.token("bob").await);
        // From here on: what they did to get this far is in the list too.
        server.clock.advance(Duration::from_secs(1));
        let path = format!("/user/me/audit?since={}", server.clock.ambient().now());
        let from = |act: Act, actor| Act { actor: Some(actor), address: "192.0.2.7".parse().ok(), ..act };
        let own = from(Act::anonymous("feed.like", "machine", "m"), user);
        let forced = from(Act::anonymous("allocation.stop", "allocation", "a").as_admin(Some(tenant)), admin);
        let about = from(Act::anonymous("user.grant", "user", &bob).as_admin(None), admin);
        let other = from(Act::anonymous("machine.update", "machine", "m").as_admin(None), admin);
        for (service, act) in [
            (ServiceName::Feed, own),
            (ServiceName::Allocation, forced),
            (ServiceName::User, about),
            (ServiceName::Machines, other),
        ] {
            server.record(service, act).await;
            server.clock.advance(Duration::from_secs(1));
        }
        server.collect_audit().await;
        let seen = server.get(&path, &bob_token).await.body;
        let seen: Vec<_> =
            seen["items"].as_array().unwrap().iter().map(|item| (&item["action"], &item["address"])).collect();
        let expected = [
            (&json!("user.grant"), &json!(null)),
            (&json!("allocation.stop"), &json!(null)),
            (&json!("feed.like"), &json!("192.0.2.7")),
        ];
        assert_eq!(seen, expected);
        let stops =
            server.get("/user/me/audit?action=allocation.stop&subject_kind=allocation&limit=1", &bob_token).await;
        assert_eq!((stops.body["items"].as_array().unwrap().len(), &stops.body["next_cursor"]), (1, &json!(null)));
        let admins = server.get(&path, &ada_token).await.body;
        assert_eq!(admins["items"].as_array().unwrap().len(), 3);
        assert_eq!(admins["items"][1]["address"], "192.0.2.7");
    }

    #[actix_web::test]
    async fn nobody_asks_for_somebody_elses() {
        let server = Server::start().await;
        let ada = server.verified("ada").await;
        server.sign_up("bob").await;
        let token = server.token("ada").await;
        for query in [format!("actor={ada}"), format!("tenant_id={ada}")] {
            let refused = server.get(&format!("/user/me/audit?{query}"), &token).await;
            assert_eq!(refused.problem(), (400, "unknown_field"));
        }
        let unverified = server.token("bob").await;
        assert_eq!(server.get("/user/me/audit", &unverified).await.problem(), (403, "user_not_verified"));
    }
}
