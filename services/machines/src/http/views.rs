//! A machine as clients see it.

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::header::{ETAG, HeaderValue};
use kit::machine::MachineSpec;
use kit::{MachineId, Page, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::beside_description;
use crate::domain::Machine;

/// A machine: its description with what the platform says of it.
#[derive(Debug, Serialize)]
pub struct MachineView {
    #[serde(flatten)]
    pub own: Own,
    #[serde(flatten)]
    pub spec: MachineSpec,
}

/// What stands beside the description.
#[derive(Debug, Serialize, ToSchema)]
pub struct Own {
    #[schema(value_type = String, format = Uuid)]
    pub id: MachineId,
    /// Whether new allocations can be made of it.
    pub active: bool,
    /// One up with every change; what `If-Match` names.
    pub revision: u64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

beside_description!(MachineView, "Machine", Own, "A machine: its description with its id, state and times.");

/// A piece of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub struct MachineList {
    pub items: Vec<MachineView>,
    /// What `cursor` takes for the next piece; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

impl From<Machine> for MachineView {
    fn from(machine: Machine) -> Self {
        let own = Own {
            id: machine.id,
            active: machine.offer.active,
            revision: machine.revision,
            created_at: machine.created_at,
            updated_at: machine.updated_at,
        };
        Self { own, spec: machine.offer.spec }
    }
}

impl From<Page<Machine>> for MachineList {
    fn from(page: Page<Machine>) -> Self {
        let next_cursor = page.next.as_ref().map(kit::Cursor::encode);
        Self { items: page.items.into_iter().map(MachineView::from).collect(), next_cursor }
    }
}

/// Answers with a machine and the tag that a later `If-Match` names.
pub fn tagged(mut response: HttpResponseBuilder, machine: Machine) -> HttpResponse {
    let tag = HeaderValue::from_str(&format!("\"{}\"", machine.revision));
    if let Ok(tag) = tag {
        response.insert_header((ETAG, tag));
    }
    response.json(MachineView::from(machine))
}
