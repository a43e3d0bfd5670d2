//! A machine as clients see it.

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::header::ETAG;
use kit::machine::MachineSpec;
use kit::{MachineId, Page, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::beside_description;
use crate::domain::{Machine, Revision, Standing};
use crate::use_cases::{App, stand};

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
    /// How many users like it; null, as are the two below, while they cannot be counted. Not part of the revision.
    #[schema(required = true)]
    pub likes: Option<u64>,
    #[schema(required = true)]
    pub dislikes: Option<u64>,
    #[schema(required = true)]
    pub comments: Option<u64>,
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

/// What a machine was at one of its revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionView {
    pub revision: u64,
    /// When the change was made.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The admin who made it; null where it was the platform.
    #[schema(required = true, value_type = Option<String>, format = Uuid)]
    pub actor: Option<UserId>,
    pub active: bool,
    /// Whether this change was the machine's deletion.
    pub deleted: bool,
    pub machine: MachineSpec,
}

/// A piece of a machine's history, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionList {
    pub items: Vec<RevisionView>,
    /// What `cursor` takes for the next piece; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

impl MachineView {
    pub fn new(machine: Machine, standing: Option<Standing>) -> Self {
        let own = Own {
            id: machine.id,
            active: machine.offer.active,
            revision: machine.revision,
            created_at: machine.created_at,
            updated_at: machine.updated_at,
            likes: standing.map(|standing| standing.likes),
            dislikes: standing.map(|standing| standing.dislikes),
            comments: standing.map(|standing| standing.comments),
        };
        Self { own, spec: machine.offer.spec }
    }
}

impl MachineList {
    /// `standings` are in the machines' order.
    pub fn new(page: Page<Machine>, standings: Vec<Option<Standing>>) -> Self {
        let next_cursor = page.next.as_ref().map(kit::Cursor::encode);
        let items = page.items.into_iter().zip(standings);
        Self { items: items.map(|(machine, standing)| MachineView::new(machine, standing)).collect(), next_cursor }
    }
}

impl From<Revision> for RevisionView {
    fn from(revision: Revision) -> Self {
        let Revision { machine, actor } = revision;
        Self {
            revision: machine.revision,
            at: machine.updated_at,
            actor,
            active: machine.offer.active,
            deleted: machine.deleted,
            machine: machine.offer.spec,
        }
    }
}

impl From<Page<Revision>> for RevisionList {
    fn from(page: Page<Revision>) -> Self {
        let next_cursor = page.next.as_ref().map(kit::Cursor::encode);
        Self { items: page.items.into_iter().map(RevisionView::from).collect(), next_cursor }
    }
}

/// What a later `If-Match` names.
pub fn tag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// Answers with a machine, how it stands, and the tag that a later `If-Match` names.
pub async fn tagged(app: &App, mut response: HttpResponseBuilder, machine: Machine) -> HttpResponse {
    let standing = stand(app, std::slice::from_ref(&machine)).await.into_iter().flatten().next();
    response.insert_header((ETAG, tag(machine.revision)));
    response.json(MachineView::new(machine, standing))
}
