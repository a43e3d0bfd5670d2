//! The ids in the feed's paths: a machine's, and behind it a comment's.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use kit::{CommentId, MachineId};
use wire::Problem;
use wire::json::segment;

/// `/feed/{machine_id}/…`.
pub struct OfMachine(pub MachineId);

/// `/feed/{machine_id}/comments/{id}`.
pub struct OneComment {
    pub machine: MachineId,
    pub id: CommentId,
}

impl FromRequest for OfMachine {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(segment(request, "machine_id").map(Self))
    }
}

impl FromRequest for OneComment {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed =
            segment(request, "machine_id").and_then(|machine| segment(request, "id").map(|id| Self { machine, id }));
        ready(parsed)
    }
}
