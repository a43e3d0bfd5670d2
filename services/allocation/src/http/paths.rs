//! The tenant in a path: quotas are a tenant's, not an allocation's.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use kit::TenantId;
use wire::Problem;
use wire::json::segment;

/// `/allocations/quota/{tenant_id}`.
pub struct OfTenant(pub TenantId);

impl FromRequest for OfTenant {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(segment(request, "tenant_id").map(Self))
    }
}
