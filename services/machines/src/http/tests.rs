//! The endpoints together, over a real store and a door whose tokens are really checked.

use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::http::{Method, StatusCode};
use actix_web::{App as ActixApp, test};
use bus::{OutboxSource, Source as _, Topic};
use kit::{Ambient, Scope, ServiceName};
use prost::Message as _;
use proto::v1::AuditRecorded;
use serde_json::{Value, json};
use sql::Database;
use testkit::{TestClock, TestDoor, Who};
use utoipa_actix_web::AppExt as _;

use crate::domain::Standing;
use crate::fakes::FakeStandings;
use crate::samples;
use crate::store::sqlite::{MIGRATIONS, SqliteMachines};
use crate::use_cases::CatalogueFile;

/// A catalogue of its own, with `redis` in it.
struct Catalogue {
    routes: wire::service::Routes,
    door: TestDoor,
    feed: Arc<FakeStandings>,
    database: Database,
    _directory: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    etag: Option<String>,
    body: Value,
}

impl Catalogue {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("m.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let ambient: Ambient = TestClock::default().ambient();
        let door = TestDoor::new(&ambient);
        let file = CatalogueFile {
            name: "redis.yaml".into(),
            text: include_str!("../../../../catalogue/redis.yaml").to_owned(),
        };
        let store = Arc::new(SqliteMachines::new(database.clone(), ambient.clone()));
        let feed = Arc::new(FakeStandings::default());
        let deps = crate::Deps { store, standings: feed.clone(), ambient, door: door.door(), catalogue: vec![file] };
        let routes = crate::build(deps).await.unwrap().http.unwrap();
        Self { routes, door, feed, database, _directory: directory }
    }

    async fn call(
        &self,
        who: Option<Who>,
        method: Method,
        path: &str,
        tag: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let bearer = who.map(|who| self.door.bearer(who).1);
        self.send(bearer, method, path, tag, body).await
    }

    /// With an API key of an admin's.
    async fn by_key(&self, scope: Scope, method: Method, path: &str, body: Option<Value>) -> Answer {
        let (admin, _) = self.door.login(Who::Admin);
        let bearer = format!("Bearer {}", self.door.api_key(&admin, &[scope]));
        self.send(Some(bearer), method, path, Some("*"), body).await
    }

    async fn send(
        &self,
        bearer: Option<String>,
        method: Method,
        path: &str,
        tag: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let routes = self.routes.clone();
        let app = ActixApp::new().into_utoipa_app().configure(|config| routes(config)).into_app();
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::with_uri(path).method(method);
        if let Some(bearer) = bearer {
            request = request.insert_header(("authorization", bearer));
        }
        if let Some(tag) = tag {
            request = request.insert_header(("if-match", tag));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let response = test::call_service(&app, request.to_request()).await;
        let etag = response.headers().get("etag").map(|value| value.to_str().unwrap().to_owned());
        let status = response.status();
        let bytes = to_bytes(response.into_body()).await.unwrap();
        Answer { status, etag, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(None, Method::GET, path, None, None).await
    }

    async fn redis(&self) -> Value {
        self.get("/machines?name=redis").await.body["items"][0].clone()
    }

    async fn patch(&self, who: Option<Who>, path: &str, tag: Option<&str>, body: Value) -> Answer {
        self.call(who, Method::PATCH, path, tag, Some(body)).await
    }
}

impl Answer {
    fn refusal(&self) -> (u16, &str, Option<&str>) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or(""), self.body["field"].as_str())
    }
}

fn path_of(machine: &Value) -> String {
    format!("/machines/{}", machine["id"].as_str().unwrap())
}

#[actix_web::test]
async fn anybody_reads_a_machine_flat_and_tagged() {
    let catalogue = Catalogue::start().await;
    let redis = catalogue.redis().await;
    assert_eq!((&redis["name"], &redis["active"], &redis["revision"]), (&json!("redis"), &json!(true), &json!(1)));
    assert_eq!(redis["ports"][0]["container_port"], 6379);
    assert_eq!(redis["limits"]["default"]["memory"], 128 << 20);
    assert_eq!(redis["created_at"], "2026-01-01T00:00:00.000000Z");
    let shown = catalogue.get(&path_of(&redis)).await;
    assert_eq!((shown.etag.as_deref(), shown.body), (Some("\"1\""), redis));
}

#[actix_web::test]
async fn an_admin_creates_and_everybody_else_is_refused() {
    let catalogue = Catalogue::start().await;
    let body = serde_json::to_value(samples::spec("valkey")).unwrap();
    let create = |who| catalogue.call(who, Method::POST, "/machines", None, Some(body.clone()));
    assert_eq!(create(None).await.refusal().1, "unauthenticated");
    assert_eq!(create(Some(Who::Unverified)).await.refusal(), (403, "user_not_verified", None));
    assert_eq!(create(Some(Who::Verified)).await.refusal(), (403, "forbidden", None));
    assert_eq!(catalogue.get("/machines?name=valkey").await.body["items"], json!([]));
    let created = create(Some(Who::Admin)).await;
    assert_eq!((created.status.as_u16(), created.etag.as_deref()), (201, Some("\"1\"")));
    assert_eq!(create(Some(Who::Admin)).await.refusal(), (409, "name_taken", Some("name")));
}

#[actix_web::test]
async fn what_is_wrong_in_a_body_is_named() {
    let catalogue = Catalogue::start().await;
    let table = [
        (json!({"privileged": true}), (400, "unknown_field", Some("privileged"))),
        (json!({"image": "x; rm -rf /"}), (400, "invalid_input", Some("image"))),
        (json!({"ports": []}), (400, "invalid_input", Some("ports"))),
        (json!({"limits": {"default": 1}}), (400, "invalid_input", Some("limits.default"))),
    ];
    for (extra, expected) in table {
        let mut body = serde_json::to_value(samples::spec("valkey")).unwrap();
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let refused = catalogue.call(Some(Who::Admin), Method::POST, "/machines", None, Some(body)).await;
        assert_eq!(refused.refusal(), expected, "{extra}");
    }
}

#[actix_web::test]
async fn a_change_needs_the_present_tag() {
    let catalogue = Catalogue::start().await;
    let path = path_of(&catalogue.redis().await);
    let admin = Some(Who::Admin);
    let off = || json!({"active": false, "icon": null});
    assert_eq!(catalogue.patch(admin, &path, None, off()).await.refusal().1, "precondition_required");
    assert_eq!(catalogue.patch(admin, &path, Some("\"9\""), off()).await.refusal(), (412, "revision_mismatch", None));
    assert_eq!(catalogue.patch(Some(Who::Verified), &path, Some("\"1\""), off()).await.refusal().1, "forbidden");
    let changed = catalogue.patch(admin, &path, Some("\"1\""), off()).await;
    assert_eq!((changed.status.as_u16(), changed.etag.as_deref()), (200, Some("\"2\"")));
    assert_eq!((&changed.body["active"], changed.body.get("icon")), (&json!(false), None));
    assert_eq!(catalogue.patch(admin, &path, Some("\"1\""), off()).await.refusal().0, 412);
    let same = catalogue.patch(admin, &path, Some("\"2\""), off()).await;
    assert_eq!(same.etag.as_deref(), Some("\"2\""), "nothing changed");
    let broken = catalogue.patch(admin, &path, Some("\"2\""), json!({"revision": 7})).await;
    assert_eq!(broken.refusal(), (400, "unknown_field", Some("revision")));
}

#[actix_web::test]
async fn a_deleted_machine_is_not_found() {
    let catalogue = Catalogue::start().await;
    let path = path_of(&catalogue.redis().await);
    let delete = |who| catalogue.call(Some(who), Method::DELETE, &path, None, None);
    assert_eq!(delete(Who::Verified).await.refusal().1, "forbidden");
    assert_eq!(delete(Who::Admin).await.status.as_u16(), 204);
    assert_eq!(catalogue.get(&path).await.refusal(), (404, "machine_not_found", None));
    assert_eq!(delete(Who::Admin).await.refusal().0, 404);
}

/// A moment old is good enough for who is nobody; who changed something, or is logged in, sees what is.
#[actix_web::test]
async fn a_change_is_seen_at_once_by_who_made_it_and_soon_by_everybody() {
    let catalogue = Catalogue::start().await;
    let redis = catalogue.redis().await;
    let path = path_of(&redis);
    let likes = |answer: &Answer| answer.body["likes"].clone();
    assert_eq!(likes(&catalogue.get(&path).await), 0);
    catalogue.feed.set(redis["id"].as_str().unwrap().parse().unwrap(), Standing { likes: 3, dislikes: 0, comments: 0 });
    let fresh = catalogue.call(Some(Who::Verified), Method::GET, &path, None, None).await;
    assert_eq!(likes(&fresh), 3, "with a login");
    testkit::until(|| async { likes(&catalogue.get(&path).await) }, |likes| *likes == 3).await;
    catalogue.get(&path).await;
    let changed = catalogue.patch(Some(Who::Admin), &path, Some("\"1\""), json!({"active": false})).await;
    assert_eq!(changed.etag.as_deref(), Some("\"2\""));
    let seen = catalogue.get(&path).await;
    assert_eq!(
        (seen.etag.as_deref(), &seen.body["active"]),
        (Some("\"2\""), &json!(false)),
        "by anybody at this replica"
    );
}

#[actix_web::test]
async fn a_bad_query_is_refused_with_its_field() {
    let catalogue = Catalogue::start().await;
    let table = [
        ("sort=size", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=%25", "cursor"),
        ("nam=redis", "nam"),
        ("q=", "q"),
        ("active=perhaps", "active"),
    ];
    for (query, field) in table {
        let refused = catalogue.get(&format!("/machines?{query}")).await;
        assert_eq!((refused.refusal().0, refused.refusal().2), (400, Some(field)), "{query}");
    }
    assert_eq!(catalogue.get("/machines/not-an-id").await.refusal(), (400, "invalid_input", Some("id")));
    let path = path_of(&catalogue.redis().await);
    for (query, field) in [("revision=x", "revision"), ("revision=-1", "revision"), ("rev=1", "rev")] {
        let refused = catalogue.get(&format!("{path}?{query}")).await;
        assert_eq!((refused.refusal().0, refused.refusal().2), (400, Some(field)), "{query}");
    }
}

#[actix_web::test]
async fn a_search_is_for_a_piece_of_what_is_shown() {
    let catalogue = Catalogue::start().await;
    let names = async |query: &str| {
        catalogue.get(&format!("/machines?q={query}")).await.body["items"].as_array().unwrap().len()
    };
    assert_eq!((names("EDI").await, names("PERSISTENCE").await, names("nginx").await), (1, 1, 0));
}

#[actix_web::test]
async fn a_key_opens_what_its_scope_names() {
    let catalogue = Catalogue::start().await;
    let path = path_of(&catalogue.redis().await);
    let history = format!("{path}/revisions");
    let refused = (403, "scope_missing", None);
    let body = || Some(json!({"active": false}));
    assert_eq!(catalogue.by_key(Scope::AdminRead, Method::PATCH, &path, body()).await.refusal(), refused);
    assert_eq!(catalogue.by_key(Scope::AdminRead, Method::DELETE, &path, None).await.refusal(), refused);
    assert_eq!(catalogue.by_key(Scope::AdminWrite, Method::GET, &history, None).await.refusal(), refused);
    let new = serde_json::to_value(samples::spec("valkey")).unwrap();
    let create = |scope| catalogue.by_key(scope, Method::POST, "/machines", Some(new.clone()));
    assert_eq!(create(Scope::AdminRead).await.refusal(), refused);
    assert_eq!(create(Scope::AdminWrite).await.status.as_u16(), 201);
    assert_eq!(catalogue.by_key(Scope::AdminWrite, Method::PATCH, &path, body()).await.status.as_u16(), 200);
    assert_eq!(catalogue.by_key(Scope::AdminRead, Method::GET, &history, None).await.status.as_u16(), 200);
    assert_eq!(catalogue.by_key(Scope::AdminWrite, Method::DELETE, &path, None).await.status.as_u16(), 204);
}

#[actix_web::test]
async fn every_revision_can_be_seen_again() {
    let catalogue = Catalogue::start().await;
    let path = path_of(&catalogue.redis().await);
    let admin = Some(Who::Admin);
    catalogue.patch(admin, &path, Some("\"1\""), json!({"description": "Another."})).await;
    catalogue.patch(admin, &path, Some("\"2\""), json!({"active": false})).await;
    let first = catalogue.get(&format!("{path}?revision=1")).await;
    assert_eq!((first.status.as_u16(), first.etag.as_deref()), (200, Some("\"1\"")));
    assert_eq!((&first.body["active"], &first.body["revision"]), (&json!(true), &json!(1)));
    assert_ne!(first.body["description"], "Another.");
    assert_eq!(catalogue.get(&format!("{path}?revision=3")).await.body, catalogue.get(&path).await.body);
    let none = catalogue.get(&format!("{path}?revision=4")).await;
    assert_eq!(none.refusal(), (404, "machine_not_found", None));
    assert!(none.body["detail"].as_str().unwrap().contains("no revision 4"), "{}", none.body);
}

#[actix_web::test]
async fn a_history_is_for_admins_and_outlives_its_machine() {
    let catalogue = Catalogue::start().await;
    let path = path_of(&catalogue.redis().await);
    let history = format!("{path}/revisions");
    let look =
        async |who, query: &str| catalogue.call(who, Method::GET, &format!("{history}{query}"), None, None).await;
    assert_eq!(look(None, "").await.refusal().1, "unauthenticated");
    assert_eq!(look(Some(Who::Verified), "").await.refusal().1, "forbidden");
    catalogue.patch(Some(Who::Admin), &path, Some("\"1\""), json!({"active": false})).await;
    catalogue.call(Some(Who::Admin), Method::DELETE, &path, None, None).await;
    let told = look(Some(Who::Admin), "?limit=2").await.body;
    let seen: Vec<_> = told["items"].as_array().unwrap().iter().map(|it| (&it["revision"], &it["deleted"])).collect();
    assert_eq!(seen, [(&json!(3), &json!(true)), (&json!(2), &json!(false))]);
    assert!(told["items"][1]["actor"].is_string() && told["items"][1]["active"] == false, "{told}");
    assert_eq!(told["items"][1]["machine"]["name"], "redis");
    let next = told["next_cursor"].as_str().unwrap();
    let rest = look(Some(Who::Admin), &format!("?limit=2&cursor={next}")).await.body;
    assert_eq!((&rest["items"][0]["revision"], &rest["items"][0]["actor"]), (&json!(1), &Value::Null));
    assert_eq!(rest["next_cursor"], Value::Null);
    assert_eq!(look(Some(Who::Admin), "?cursor=x").await.refusal(), (400, "invalid_input", Some("cursor")));
    let nobody = "/machines/019a0000-0000-7000-8000-000000000000/revisions";
    let none = catalogue.call(Some(Who::Admin), Method::GET, nobody, None, None).await;
    assert_eq!(none.refusal(), (404, "machine_not_found", None));
}

#[actix_web::test]
async fn a_page_of_machines_is_counted_in_one_question() {
    let catalogue = Catalogue::start().await;
    let redis = catalogue.redis().await;
    for name in ["valkey", "keydb"] {
        let body = serde_json::to_value(samples::spec(name)).unwrap();
        catalogue.call(Some(Who::Admin), Method::POST, "/machines", None, Some(body)).await;
    }
    let id = redis["id"].as_str().unwrap().parse().unwrap();
    catalogue.feed.set(id, Standing { likes: 3, dislikes: 2, comments: 1 });
    catalogue.feed.asked();
    let listed = catalogue.get("/machines?sort=-name").await.body;
    assert_eq!(catalogue.feed.asked(), [3]);
    let counts = |machine: &Value| ["likes", "dislikes", "comments"].map(|name| machine[name].clone());
    assert_eq!(counts(&listed["items"][0]), [json!(0), json!(0), json!(0)]);
    assert_eq!(counts(&listed["items"][1]), [json!(3), json!(2), json!(1)]);
    let shown = catalogue.get(&path_of(&redis)).await;
    assert_eq!((counts(&shown.body), shown.etag.as_deref()), ([json!(3), json!(2), json!(1)], Some("\"1\"")));
    catalogue.get("/machines?name=nothing").await;
    assert_eq!(catalogue.feed.asked(), [1], "nobody is asked about nothing");
    catalogue.feed.fall_silent();
    let uncounted = catalogue.get("/machines?name=redis").await;
    assert_eq!((uncounted.status.as_u16(), counts(&uncounted.body["items"][0])), (200, [(); 3].map(|()| Value::Null)));
}

#[actix_web::test]
async fn an_admins_change_is_recorded_with_what_it_changed() {
    let catalogue = Catalogue::start().await;
    let path = path_of(&catalogue.redis().await);
    catalogue.patch(Some(Who::Admin), &path, Some("\"1\""), json!({"active": false, "icon": null})).await;
    catalogue.patch(Some(Who::Admin), &path, Some("\"2\""), json!({"active": false})).await;
    catalogue.patch(Some(Who::Verified), &path, Some("\"2\""), json!({"active": true})).await;
    catalogue.call(Some(Who::Admin), Method::DELETE, &path, None, None).await;
    let source = OutboxSource::new(catalogue.database.clone(), Topic::Audit(ServiceName::Machines));
    let records = source.after(0, 10).await.unwrap();
    let acts: Vec<AuditRecorded> =
        records.iter().map(|record| AuditRecorded::decode(record.event.data.as_slice()).unwrap()).collect();
    let actions: Vec<&str> = acts.iter().map(|act| act.action.as_str()).collect();
    assert_eq!(actions, ["machine.update", "machine.delete"], "no change, no act");
    assert_eq!((acts[0].details["name"].as_str(), acts[0].details["changed"].as_str()), ("redis", "active, icon"));
    assert!(acts.iter().all(|act| act.as_admin && act.tenant_id.is_none() && path.ends_with(&act.subject_id)));
}
