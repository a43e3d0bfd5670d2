//! The methods over a pipe, as the services that may call them do.

use actix_web::http::Method;
use kit::{AllocationId, ErrorCode, ServiceName, TenantId, UserId};
use proto::convert::failure_of;
use proto::v1::{self, Settlement};
use testkit::{Who, until};

use crate::domain::lifecycle::{Desired, State};
use crate::store::sql::tests::wrong;
use crate::testing::service::Bench;

const STOPPED: Settlement = Settlement::Stopped;
const REMOVED: Settlement = Settlement::Removed;

impl Bench {
    async fn settle(&self, tenant: TenantId, wish: Settlement, actor: UserId) -> u32 {
        let (tenant_id, actor) = (tenant.to_string(), actor.to_string());
        let request = v1::SettleRequest { tenant_id, wish: wish.into(), actor };
        self.client(ServiceName::User).settle(request).await.unwrap().into_inner().left
    }

    async fn lines(&self, tenant: TenantId, id: AllocationId, lines: u32) -> Result<Vec<String>, ErrorCode> {
        let request = v1::LastLinesRequest { id: id.to_string(), tenant_id: tenant.to_string(), lines };
        let reply = self.client(ServiceName::Notification).last_lines(request).await;
        reply.map(|reply| reply.into_inner().lines).map_err(|status| failure_of(&status).code)
    }
}

#[actix_web::test]
async fn only_those_who_need_a_method_may_call_it() {
    let bench = Bench::start().await;
    let foreign = |status: tonic::Status| failure_of(&status).code == ErrorCode::Forbidden;
    for caller in ServiceName::ALL {
        let mut client = bench.client(caller);
        let of_tenant = client.of_tenant(v1::OfTenantRequest::default()).await.err().is_some_and(foreign);
        let settle = client.settle(v1::SettleRequest::default()).await.err().is_some_and(foreign);
        let last_lines = client.last_lines(v1::LastLinesRequest::default()).await.err().is_some_and(foreign);
        let find = client.find(v1::FindAllocationRequest::default()).await.err().is_some_and(foreign);
        let (user, notification) = (caller == ServiceName::User, caller == ServiceName::Notification);
        assert_eq!((of_tenant, settle, last_lines), (!user, !user, !notification), "{caller}");
        assert_eq!(find, caller != ServiceName::Verifier, "{caller}");
    }
}

#[actix_web::test]
async fn garbage_is_refused_by_its_field() {
    let bench = Bench::start().await;
    let (caller, _) = bench.login(Who::Verified);
    let good = v1::SettleRequest {
        tenant_id: caller.tenant.to_string(),
        wish: STOPPED.into(),
        actor: caller.user.to_string(),
    };
    for (field, request) in [
        ("tenant_id", v1::SettleRequest { tenant_id: "x".into(), ..good.clone() }),
        ("actor", v1::SettleRequest { actor: String::new(), ..good.clone() }),
        ("wish", v1::SettleRequest { wish: 0, ..good.clone() }),
        ("wish", v1::SettleRequest { wish: 99, ..good }),
    ] {
        let refused = failure_of(&bench.client(ServiceName::User).settle(request).await.unwrap_err());
        assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidInput, Some(field)));
    }
}

#[actix_web::test]
async fn a_tenants_past_and_present_are_told_newest_first() {
    let bench = Bench::start().await;
    let ((ada, token), (_, bob)) = (bench.login(Who::Verified), bench.login(Who::Verified));
    let (older, newer) = (bench.create(&token, "older").await, bench.create(&token, "newer").await);
    bench.create(&bob, "bobs").await;
    bench.settle(ada.tenant, REMOVED, ada.user).await;
    bench.until(older, State::Removed).await;
    let request = v1::OfTenantRequest { tenant_id: ada.tenant.to_string() };
    let told = bench.client(ServiceName::User).of_tenant(request).await.unwrap().into_inner().allocations;
    let ids: Vec<_> = told.iter().map(|allocation| allocation.id.clone()).collect();
    assert_eq!(ids, [newer.to_string(), older.to_string()]);
    assert_eq!(told[1].state, "removed");
}

#[actix_web::test]
async fn a_suspension_stops_what_runs_what_begins_and_what_slips_in() {
    let bench = Bench::start().await;
    let ((ada, token), (admin, _)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let running = bench.create(&token, "running").await;
    bench.until(running, State::Running).await;
    let beginning = bench.create(&token, "beginning").await;
    assert_eq!(bench.settle(ada.tenant, STOPPED, admin.user).await, 2);
    let slipped = bench.create(&token, "slipped").await;
    let left = || bench.settle(ada.tenant, STOPPED, admin.user);
    assert_eq!(left().await, 3);
    for id in [running, beginning, slipped] {
        let stopped = bench.until(id, State::Stopped).await;
        assert_eq!(stopped.desired, Desired::Stopped);
    }
    until(left, |left| *left == 0).await;
    let stops: Vec<_> = bench.acts().await.into_iter().filter(|act| act.action == "allocation.stop").collect();
    assert_eq!(stops.len(), 3, "asking again is no new act");
    for act in stops {
        assert_eq!((act.actor, act.as_admin), (admin.user.to_string(), true));
        assert_eq!(act.tenant_id, Some(ada.tenant.to_string()));
    }
    let (_, events) = bench.get(&token, &format!("/allocations/{running}/events")).await;
    let stopping = events["items"].as_array().unwrap().iter().find(|event| event["state"] == "stopping").unwrap();
    assert_eq!(
        (stopping["cause"].as_str(), stopping["actor"].as_str()),
        (Some("admin"), Some(&*admin.user.to_string()))
    );
}

#[actix_web::test]
async fn what_failed_counts_as_stopped_and_is_not_started_again() {
    let bench = Bench::start().await;
    let ((ada, token), (admin, _)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    bench.engine.fail("ensure_image", ErrorCode::ImagePullFailed);
    let id = bench.create(&token, "broken").await;
    bench.until(id, State::Failed).await;
    until(|| bench.settle(ada.tenant, STOPPED, admin.user), |left| *left == 0).await;
    assert_eq!(bench.world.fleet.find(id).await.unwrap().unwrap().desired, Desired::Stopped);
}

#[actix_web::test]
async fn an_account_that_goes_takes_everything_with_it_and_leaves_others_alone() {
    let bench = Bench::start().await;
    let ((ada, token), (bob, bobs_token)) = (bench.login(Who::Verified), bench.login(Who::Verified));
    let bobs = bench.create(&bobs_token, "bobs").await;
    let ids = [bench.create(&token, "one").await, bench.create(&token, "two").await];
    // An engine that refuses holds nothing up: what it does not let go is swept later.
    bench.until(ids[0], State::Running).await;
    bench.engine.fail("remove_volume", ErrorCode::EngineRefused);
    assert_eq!(bench.settle(ada.tenant, REMOVED, ada.user).await, 2);
    for id in ids {
        bench.until(id, State::Removed).await;
    }
    assert_eq!(bench.settle(ada.tenant, REMOVED, ada.user).await, 0);
    let removals: Vec<_> = bench.acts().await.into_iter().filter(|act| act.action == "allocation.remove").collect();
    assert_eq!(removals.len(), 2);
    for act in removals {
        assert_eq!((act.actor, act.as_admin), (ada.user.to_string(), false));
        assert_eq!(act.details["force"], "true");
    }
    assert_eq!(bench.world.oversight.live_of(bob.tenant).await.unwrap()[0].id, bobs);
    assert_eq!(bench.settle(TenantId::mint(&kit::Ambient::system()), REMOVED, ada.user).await, 0);
}

#[actix_web::test]
async fn a_request_that_was_let_in_before_the_account_went_begins_nothing_after() {
    let bench = Bench::start().await;
    let (ada, token) = bench.login(Who::Verified);
    let id = bench.create(&token, "mine").await;
    bench.until(id, State::Running).await;
    bench.settle(ada.tenant, REMOVED, ada.user).await;
    let body = serde_json::json!({"machine_id": bench.machine()});
    for (path, body) in [("/allocations", Some(body)), (&*format!("/allocations/{id}/start"), None)] {
        let (status, problem) = bench.call(&token, Method::POST, path, body).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("session_closed")), "{path}");
    }
    bench.until(id, State::Removed).await;
    assert_eq!(bench.settle(ada.tenant, REMOVED, ada.user).await, 0);
}

#[actix_web::test]
async fn one_wish_that_fails_keeps_no_other_from_being_made() {
    let bench = Bench::over(wrong::partial().await);
    let (ada, token) = bench.login(Who::Verified);
    let mut ids = Vec::new();
    for name in ["before", "free", "after"] {
        ids.push(bench.create(&token, name).await);
    }
    let (tenant_id, actor) = (ada.tenant.to_string(), ada.user.to_string());
    let request = v1::SettleRequest { tenant_id, wish: STOPPED.into(), actor };
    let failed = bench.client(ServiceName::User).settle(request).await.unwrap_err();
    assert_eq!(failure_of(&failed).code, ErrorCode::StoreUnavailable);
    let mut desired = Vec::new();
    for id in ids {
        desired.push(bench.world.fleet.find(id).await.unwrap().unwrap().desired);
    }
    assert_eq!(desired, [Desired::Running, Desired::Stopped, Desired::Running]);
}

#[actix_web::test]
async fn the_last_lines_are_the_tenants_own_and_at_most_a_hundred() {
    let bench = Bench::start().await;
    let ((ada, token), (bob, _)) = (bench.login(Who::Verified), bench.login(Who::Verified));
    let id = bench.create(&token, "chatty").await;
    assert_eq!(bench.lines(ada.tenant, id, 5).await, Ok(Vec::new()), "no log is no failure");
    bench.engine.say(id, (1..=150).map(|n| n.to_string()));
    assert_eq!(bench.lines(ada.tenant, id, 2).await, Ok(vec!["149".to_owned(), "150".to_owned()]));
    assert_eq!(bench.lines(ada.tenant, id, 1_000).await.unwrap().len(), 100);
    assert_eq!(bench.lines(ada.tenant, id, 0).await, Ok(Vec::new()));
    assert_eq!(bench.lines(bob.tenant, id, 5).await, Err(ErrorCode::AllocationNotFound));
    bench.engine.fail("log", ErrorCode::PeerUnavailable);
    assert_eq!(bench.lines(ada.tenant, id, 5).await, Err(ErrorCode::PeerUnavailable));
}
