//! A machine as clients see it.

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::header::{ETAG, HeaderValue};
use kit::machine::MachineSpec;
use kit::{MachineId, Page, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Machine;

/// A machine: its description with its id, state and times.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Machine)]
pub struct MachineView {
    #[schema(value_type = String, format = Uuid)]
    pub id: MachineId,
    #[serde(flatten)]
    pub spec: MachineSpec,
    /// Whether new allocations can be made of it.
    pub active: bool,
    /// One up with every change; what `If-Match` names.
    pub revision: u64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// A piece of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub struct MachineList {
    pub items: Vec<MachineView>,
    /// What `cursor` takes for the next piece; null at the end.
    pub next_cursor: Option<String>,
}

impl From<Machine> for MachineView {
    fn from(machine: Machine) -> Self {
        Self {
            id: machine.id,
            spec: machine.offer.spec,
            active: machine.offer.active,
            revision: machine.revision,
            created_at: machine.created_at,
            updated_at: machine.updated_at,
        }
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
