//! Quotas over REST: one's own, and any tenant's for admins.

use actix_web::http::Method;
use kit::{Scope, TenantId};
use serde_json::{Value, json};
use testkit::Who;

use crate::testing::service::Bench;

fn limits() -> Value {
    json!({"instances": 1, "cpu": 0.5, "memory": "512MiB", "disk": 1_073_741_824_u64, "ports": 2})
}

#[actix_web::test]
async fn an_admin_sets_a_quota_that_holds_and_gives_the_default_back() {
    let bench = Bench::start().await;
    let ((ada, token), (root, admin)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let path = format!("/allocations/quota/{}", ada.tenant);
    let (_, own) = bench.get(&token, "/allocations/quota").await;
    assert_eq!((&own["default"], &own["used"]["instances"]), (&json!(true), &json!(0)));
    assert_eq!(bench.get(&admin, &path).await, (200, own.clone()));
    let (status, set) = bench.call(&admin, Method::PUT, &path, Some(limits())).await;
    let said = json!({"instances": 1, "cpu": 0.5, "memory": 536_870_912, "disk": 1_073_741_824, "ports": 2});
    assert_eq!((status, &set["limits"], &set["default"]), (200, &said, &json!(false)));
    assert_eq!(bench.call(&admin, Method::PUT, &path, Some(limits())).await, (200, set.clone()), "twice is once");
    bench.create(&token, "fits").await;
    let body = json!({"machine_id": bench.machine()});
    let (status, problem) = bench.call(&token, Method::POST, "/allocations", Some(body)).await;
    assert_eq!((status, &problem["code"], &problem["field"]), (409, &json!("quota_exceeded"), &json!("instances")));
    assert_eq!(bench.get(&token, "/allocations/quota").await.1["used"]["instances"], 1);
    let (status, reset) = bench.call(&admin, Method::DELETE, &path, None).await;
    assert_eq!((status, &reset["limits"], &reset["default"]), (200, &own["limits"], &json!(true)));
    bench.create(&token, "fits-again").await;
    let acts: Vec<_> = bench.acts().await.into_iter().filter(|act| act.action.starts_with("quota.")).collect();
    assert_eq!(
        acts.iter().map(|act| act.action.as_str()).collect::<Vec<_>>(),
        ["quota.set", "quota.set", "quota.reset"]
    );
    for act in &acts {
        assert_eq!((act.actor.clone(), act.as_admin), (root.user.to_string(), true));
        assert_eq!(
            (act.tenant_id.clone(), act.subject_id.clone()),
            (Some(ada.tenant.to_string()), ada.tenant.to_string())
        );
    }
    assert_eq!(acts[0].details["memory"], "512MiB");
}

#[actix_web::test]
async fn a_quota_that_is_none_is_refused_by_its_field() {
    let bench = Bench::start().await;
    let ((ada, _), (_, admin)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let path = format!("/allocations/quota/{}", ada.tenant);
    let mut table = vec![(json!([1]), Value::Null)];
    for (field, values) in [
        ("instances", vec![json!(-1), json!(1.5), json!("five"), json!(1_000_001), Value::Null]),
        ("cpu", vec![json!(0), json!(-1), json!(5_000), json!("x")]),
        ("memory", vec![json!(-1), json!("512 potatoes"), json!("99999TiB")]),
        ("disk", vec![json!(-1), json!(true)]),
        ("ports", vec![json!(-1), json!(1_000_001)]),
    ] {
        let with = |value| {
            let mut body = limits();
            body[field] = value;
            (body, json!(field))
        };
        table.extend(values.into_iter().map(with));
        let mut without = limits();
        without.as_object_mut().unwrap().remove(field);
        table.push((without, json!(field)));
    }
    let mut unknown = limits();
    unknown["pids"] = json!(9);
    table.push((unknown, json!("pids")));
    for (body, field) in table {
        let (status, problem) = bench.call(&admin, Method::PUT, &path, Some(body.clone())).await;
        assert_eq!((status, problem.get("field").cloned().unwrap_or_default()), (400, field), "{body}");
    }
    assert_eq!(bench.get(&admin, &path).await.1["default"], true);
    assert!(bench.acts().await.is_empty());
}

#[actix_web::test]
async fn a_tenants_quota_is_for_admins_and_tenants_that_there_are() {
    let bench = Bench::start().await;
    let ((ada, token), (root, admin)) = (bench.login(Who::Verified), bench.login(Who::Admin));
    let unverified = bench.login(Who::Unverified).1;
    let path = format!("/allocations/quota/{}", ada.tenant);
    let nowhere = format!("/allocations/quota/{}", TenantId::mint(&kit::Ambient::system()));
    for (method, scope) in
        [(Method::GET, Scope::AdminRead), (Method::PUT, Scope::AdminWrite), (Method::DELETE, Scope::AdminWrite)]
    {
        let call = async |token: &str, path: &str| {
            let body = (method == Method::PUT).then(limits);
            let (status, problem) = bench.call(token, method.clone(), path, body).await;
            (status, problem["code"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(call("", &path).await, (401, "unauthenticated".to_owned()));
        assert_eq!(call(&unverified, &path).await, (403, "user_not_verified".to_owned()));
        assert_eq!(call(&token, &path).await, (403, "forbidden".to_owned()));
        assert_eq!(call(&admin, &nowhere).await, (404, "tenant_not_found".to_owned()));
        assert_eq!(call(&admin, "/allocations/quota/x").await, (400, "invalid_input".to_owned()));
        let narrow = bench.door.api_key(&root, &[Scope::AllocationsRead, Scope::AllocationsWrite]);
        assert_eq!(call(&narrow, &path).await, (403, "scope_missing".to_owned()));
        assert_eq!(call(&bench.door.api_key(&root, &[scope]), &path).await.0, 200, "{method}");
    }
}
