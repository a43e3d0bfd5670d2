//! The endpoints together, over a real store, a door whose tokens are really checked and a catalogue of one machine.

mod comments;
mod likes;

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::{App as ActixApp, test};
use serde_json::{Value, json};
use utoipa_actix_web::AppExt as _;

use crate::testing::Bench;

/// A machine that is not there.
const NOWHERE: &str = "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a";

/// What came back.
struct Reply {
    status: u16,
    body: Value,
    location: Option<String>,
    retry_after: Option<String>,
}

impl Reply {
    /// Status and code of a problem.
    fn problem(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or("none"))
    }

    /// Status, code and field of a problem.
    fn refused(&self) -> (u16, &str, &str) {
        let (status, code) = self.problem();
        (status, code, self.body["field"].as_str().unwrap_or("none"))
    }
}

impl Bench {
    async fn call(&self, token: Option<&str>, method: Method, path: &str, body: Option<Value>) -> Reply {
        let routes = self.service.http.clone().unwrap();
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
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, location, retry_after) = (response.status().as_u16(), header(LOCATION), header(RETRY_AFTER));
        let bytes = to_bytes(response.into_body()).await.unwrap();
        Reply { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), location, retry_after }
    }
}
