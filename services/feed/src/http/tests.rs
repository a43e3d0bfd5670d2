//! The endpoints together, over a real store, a door whose tokens are really checked and a catalogue of one machine.

use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::{App as ActixApp, test};
use async_trait::async_trait;
use kit::{ErrorCode, Failure, MachineId};
use serde_json::{Value, json};
use sqlite::Database;
use testkit::{TestClock, TestDoor, Who};
use utoipa_actix_web::AppExt as _;

use crate::ports::Catalogue;
use crate::store::sqlite::{MIGRATIONS, SqliteLikes};

struct Only(MachineId);

#[async_trait]
impl Catalogue for Only {
    async fn require(&self, machine: MachineId) -> Result<(), Failure> {
        if machine == self.0 { Ok(()) } else { Err(Failure::of(ErrorCode::MachineNotFound)) }
    }
}

struct Feed {
    routes: wire::service::Routes,
    door: TestDoor,
    machine: MachineId,
    _directory: tempfile::TempDir,
}

impl Feed {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("f.db"), &[&bus::MIGRATIONS, &MIGRATIONS]).await.unwrap();
        let ambient = TestClock::default().ambient();
        let (door, machine) = (TestDoor::new(&ambient), MachineId::mint(&ambient));
        let deps = crate::Deps {
            likes: Arc::new(SqliteLikes::new(database)),
            catalogue: Arc::new(Only(machine)),
            ambient,
            door: door.door(),
        };
        Self { routes: crate::build(deps).http.unwrap(), door, machine, _directory: directory }
    }

    fn path(&self) -> String {
        format!("/feed/{}/like", self.machine)
    }

    async fn call(&self, token: Option<&str>, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let routes = self.routes.clone();
        let app = ActixApp::new().into_utoipa_app().configure(|config| routes(config)).into_app();
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::with_uri(path).method(method);
        if let Some(token) = token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let response = test::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body()).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn put(&self, token: &str, status: &str) -> (u16, Value) {
        self.call(Some(token), Method::PUT, &self.path(), Some(json!({"status": status}))).await
    }
}

fn standing(likes: u64, dislikes: u64, mine: Option<&str>) -> (u16, Value) {
    (200, json!({"likes": likes, "dislikes": dislikes, "mine": mine}))
}

#[actix_web::test]
async fn a_like_is_counted_shown_as_mine_and_taken_back() {
    let feed = Feed::start().await;
    let ((_, ada), (_, bob)) = (feed.door.login(Who::Verified), feed.door.login(Who::Verified));
    assert_eq!(feed.put(&ada, "like").await, standing(1, 0, Some("like")));
    assert_eq!(feed.put(&bob, "dislike").await, standing(1, 1, Some("dislike")));
    assert_eq!(feed.call(None, Method::GET, &feed.path(), None).await, standing(1, 1, None));
    assert_eq!(feed.call(Some(&ada), Method::GET, &feed.path(), None).await, standing(1, 1, Some("like")));
    assert_eq!(feed.call(Some(&ada), Method::DELETE, &feed.path(), None).await, standing(0, 1, None));
}

#[actix_web::test]
async fn only_verified_users_write() {
    let feed = Feed::start().await;
    let (_, unverified) = feed.door.login(Who::Unverified);
    assert_eq!(feed.put(&unverified, "like").await.1["code"], "user_not_verified");
    for method in [Method::PUT, Method::DELETE] {
        let (status, problem) = feed.call(None, method, &feed.path(), Some(json!({"status": "like"}))).await;
        assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")));
    }
    assert_eq!(feed.call(Some(&unverified), Method::GET, &feed.path(), None).await, standing(0, 0, None));
    // A token that is none is refused, also where none is needed.
    assert_eq!(feed.call(Some("x"), Method::GET, &feed.path(), None).await.0, 401);
}

#[actix_web::test]
async fn only_machines_that_exist_can_be_liked() {
    let feed = Feed::start().await;
    let (_, ada) = feed.door.login(Who::Verified);
    let nowhere = "/feed/0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a/like";
    for (method, body) in [(Method::GET, None), (Method::PUT, Some(json!({"status": "like"}))), (Method::DELETE, None)]
    {
        let (status, problem) = feed.call(Some(&ada), method, nowhere, body).await;
        assert_eq!((status, &problem["code"]), (404, &json!("machine_not_found")));
    }
}

#[actix_web::test]
async fn a_bad_body_is_refused_with_its_field() {
    let feed = Feed::start().await;
    let (_, ada) = feed.door.login(Who::Verified);
    let table = [
        (json!({"status": "love"}), "status", "invalid_input"),
        (json!({}), "status", "invalid_input"),
        (json!({"status": "like", "weight": 9}), "weight", "unknown_field"),
    ];
    for (body, field, code) in table {
        let (status, problem) = feed.call(Some(&ada), Method::PUT, &feed.path(), Some(body)).await;
        assert_eq!((status, &problem["field"], &problem["code"]), (400, &json!(field), &json!(code)));
    }
    let (status, problem) = feed.call(Some(&ada), Method::GET, "/feed/nothing/like", None).await;
    assert_eq!((status, &problem["field"]), (400, &json!("id")));
}
