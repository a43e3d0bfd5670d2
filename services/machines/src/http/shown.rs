//! Single machines as they were answered a moment ago, for whoever is not logged in. The catalogue is read by many more than
//! change it, and each look costs a query and a question to the feed. Who sends a login reads what is true now, so nobody
//! misses a change of their own.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ContentType, ETAG};
use actix_web::web::Bytes;
use kit::{Failure, MachineId};

use super::views::{MachineView, tag};
use crate::use_cases::{App, find, stand};

/// How old an answer may be, as old as the verifier's word on who may do what.
const LIFE: Duration = Duration::from_secs(1);
/// More machines than a catalogue has; others are read each time.
const MOST: u64 = 10_000;

#[derive(Clone)]
struct Answer {
    body: Bytes,
    revision: u64,
}

pub struct Shown(moka::future::Cache<MachineId, Answer>);

impl Default for Shown {
    fn default() -> Self {
        Self(moka::future::Cache::builder().max_capacity(MOST).time_to_live(LIFE).build())
    }
}

impl Shown {
    /// Many that ask at once are one look.
    pub async fn answer(&self, app: &App, id: MachineId) -> Result<HttpResponse, Failure> {
        let answer =
            self.0.try_get_with(id, look(app, id)).await.map_err(|failure: Arc<Failure>| (*failure).clone())?;
        let mut response = HttpResponse::Ok();
        response.insert_header(ContentType::json()).insert_header((ETAG, tag(answer.revision)));
        Ok(response.body(answer.body))
    }

    /// After a change that was made here; what other replicas change is seen when the answer's life is over.
    pub async fn forget(&self, id: MachineId) {
        self.0.invalidate(&id).await;
    }
}

async fn look(app: &App, id: MachineId) -> Result<Answer, Failure> {
    let machine = find(app, id).await?;
    let standing = stand(app, std::slice::from_ref(&machine)).await.into_iter().flatten().next();
    let revision = machine.revision;
    let body = serde_json::to_vec(&MachineView::new(machine, standing));
    let body = body.map_err(|error| Failure::internal(format!("a machine cannot be written as JSON: {error}")))?;
    Ok(Answer { body: body.into(), revision })
}
