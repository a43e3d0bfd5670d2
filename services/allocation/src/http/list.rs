//! Allocations in pieces: the tenant's, or for an admin another tenant's or everybody's.

use actix_web::{HttpResponse, get, web};
use kit::{Failure, MachineId, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Problem, Problems, Query, Verified, scope};

use super::views::{AllocationView, ListView};
use crate::domain::lifecycle::State;
use crate::domain::listing::{Filter, NamePart, Sort};
use crate::use_cases::Desk;
use crate::use_cases::list::{Whose, list};

/// Which allocations, in what order, from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// One of the states; removed ones are listed only with `removed`.
    state: Option<String>,
    #[param(value_type = Option<String>, format = Uuid)]
    machine_id: Option<MachineId>,
    /// The whole name.
    name: Option<String>,
    /// A part of the name.
    #[param(min_length = 1, max_length = 63)]
    q: Option<String>,
    /// For admins: another tenant's id, or `all` for everybody's.
    tenant_id: Option<String>,
    /// `created_at`, `-created_at` for the newest first (the default), `name` or `-name`.
    sort: Option<String>,
    /// 1 to 200, default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the piece before, in the same order.
    cursor: Option<String>,
}

/// List allocations
///
/// With `tenant_id` an admin lists another tenant's, or everybody's; that is recorded, and takes `admin:read` beside
/// `allocations:read` where an API key asks.
#[utoipa::path(operation_id = "allocation_list", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["allocations:read"])), params(Parameters),
    responses((status = 200, body = ListView), Problems))]
#[get("")]
pub async fn handler(
    caller: Verified<scope::AllocationsRead>,
    desk: web::Data<Desk>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let page = PageRequest::parse(query.0.limit, query.0.cursor.as_deref())?;
    let whose = whose(query.0.tenant_id.as_deref())?;
    let found = list(&desk, &caller, whose, &filter(query.0)?, &page).await?;
    let found = found.map(|allocation| AllocationView::new(&allocation, &desk.public_host));
    Ok(HttpResponse::Ok().json(ListView { items: found.items, next_cursor: found.next.map(|cursor| cursor.encode()) }))
}

fn whose(tenant: Option<&str>) -> Result<Whose, Failure> {
    match tenant {
        None => Ok(Whose::Own),
        Some("all") => Ok(Whose::Everybody),
        Some(id) => {
            let refused = |_| Failure::invalid("tenant_id", "This is a tenant's id, or `all`.");
            id.parse().map(Whose::Tenant).map_err(refused)
        }
    }
}

fn filter(query: Parameters) -> Result<Filter, Failure> {
    let state = query.state.as_deref().map(|text| {
        State::parse(text).ok_or_else(|| Failure::invalid("state", format!("There is no state called {text}.")))
    });
    Ok(Filter {
        state: state.transpose()?,
        machine: query.machine_id,
        name: query.name,
        part: query.q.as_deref().map(NamePart::parse).transpose()?,
        sort: query.sort.as_deref().map(Sort::parse).transpose()?.unwrap_or_default(),
    })
}
