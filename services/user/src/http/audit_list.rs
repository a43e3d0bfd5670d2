//! Lists for admins who did what to which from where.

use actix_web::{HttpResponse, get, web};
use kit::{Failure, PageRequest, TenantId, Timestamp, UserId};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Admin, Problem, Problems, Query, scope};

use super::audit_views::AuditListView;
use crate::domain::{ActFilter, ActionFilter, AuditFilter};
use crate::use_cases::App;
use crate::use_cases::audit_list::audit_list;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Who did it.
    #[param(value_type = Option<String>, format = Uuid)]
    actor: Option<UserId>,
    /// Whose thing it was done to.
    #[param(value_type = Option<String>, format = Uuid)]
    tenant_id: Option<TenantId>,
    /// `allocation.stop`, or `allocation.` for all that begin so.
    action: Option<String>,
    /// `allocation`, `machine`, `user`, …
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

/// List the audit list.
#[utoipa::path(operation_id = "user_audit_list", tag = "user",
    security(("bearer" = []), ("api_key" = ["admin:read"])), params(Parameters),
    responses((status = 200, description = "Acts, newest first", body = AuditListView), Problems))]
#[get("/audit")]
pub async fn handler(
    _: Admin<scope::AdminRead>,
    app: web::Data<App>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let page = PageRequest::parse(query.0.limit, query.0.cursor.as_deref())?;
    let found = audit_list(&app, &filter(query.0)?, &page).await?;
    Ok(HttpResponse::Ok().json(AuditListView::from(found)))
}

fn filter(query: Parameters) -> Result<AuditFilter, Failure> {
    let act = ActFilter {
        action: query.action.as_deref().map(ActionFilter::parse).transpose()?,
        subject_kind: query.subject_kind,
        subject_id: query.subject_id,
        since: query.since,
        until: query.until,
    };
    Ok(AuditFilter { actor: query.actor, tenant: query.tenant_id, act })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kit::{Act, ServiceName};
    use serde_json::{Value, json};

    use crate::testing::Server;

    /// Three acts of the services, a second apart, for a server whose admin is ada.
    async fn three_acts(server: &Server) {
        for (service, action, kind) in [
            (ServiceName::Machines, "machine.update", "machine"),
            (ServiceName::Allocation, "allocation.create", "allocation"),
            (ServiceName::Allocation, "allocation.stop", "allocation"),
        ] {
            server.record(service, Act::anonymous(action, kind, "0190").detail("name", "redis")).await;
            server.clock.advance(Duration::from_secs(1));
        }
        server.collect_audit().await;
    }

    fn actions(body: &Value) -> Vec<&str> {
        body["items"].as_array().unwrap().iter().map(|item| item["action"].as_str().unwrap()).collect()
    }

    #[actix_web::test]
    async fn an_admin_sees_what_all_services_recorded_newest_first_page_by_page() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        three_acts(&server).await;
        // A second look of the bus changes nothing.
        server.collect_audit().await;
        let first = server.get("/user/audit?action=allocation.&limit=1", &token).await;
        assert_eq!((first.status, actions(&first.body)), (200, vec!["allocation.stop"]));
        assert_eq!(first.body["items"][0]["details"], json!({"name": "redis"}));
        let next = format!("/user/audit?action=allocation.&limit=1&cursor={}", first.text("next_cursor"));
        let next = server.get(&next, &token).await.body;
        assert_eq!((actions(&next), &next["next_cursor"]), (vec!["allocation.create"], &json!(null)));
        let machines = server.get("/user/audit?subject_kind=machine&subject_id=0190", &token).await.body;
        assert_eq!(actions(&machines), ["machine.update"]);
        let later = "/user/audit?subject_id=0190&since=2026-01-01T00:00:01Z&until=2026-01-01T00:00:02Z";
        assert_eq!(actions(&server.get(later, &token).await.body), ["allocation.create"]);
    }

    #[actix_web::test]
    async fn an_admins_key_reads_it_and_others_are_refused() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.verified("bob").await;
        let (ada, bob) = (server.token("ada").await, server.token("bob").await);
        let key = |token: String| {
            let wish = json!({"name": "audit", "scopes": ["admin:read"]});
            let server = &server;
            async move { server.call("POST", "/user/api-keys", Some(&token), Some(wish)).await.text("key") }
        };
        assert_eq!(server.get("/user/audit", &key(ada).await).await.status, 200);
        assert_eq!(server.get("/user/audit", &key(bob.clone()).await).await.problem(), (403, "forbidden"));
        assert_eq!(server.get("/user/audit", &bob).await.problem(), (403, "forbidden"));
        assert_eq!(server.call("GET", "/user/audit", None, None).await.problem(), (401, "unauthenticated"));
    }

    #[actix_web::test]
    async fn a_question_that_is_none_is_refused_by_its_field() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        for (query, field) in [
            ("actor=ada", "actor"),
            ("tenant_id=x", "tenant_id"),
            ("action=User%20login", "action"),
            ("since=yesterday", "since"),
            ("limit=0", "limit"),
            ("cursor=MQ", "cursor"),
            ("colour=red", "colour"),
        ] {
            let refused = server.get(&format!("/user/audit?{query}"), &token).await;
            assert_eq!((refused.status, refused.text("field").as_str()), (400, field), "{refused:?}");
        }
    }
}
