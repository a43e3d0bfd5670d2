//! Lists the catalogue, for anybody.

use actix_web::{HttpResponse, get, web};
use kit::PageRequest;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Problem, Problems, Query};

use super::views::MachineList;
use crate::domain::{Filter, Listing, Search, Sort};
use crate::use_cases::{App, list, stand};

/// Which machines, in what order, from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// The whole name.
    name: Option<String>,
    active: Option<bool>,
    category: Option<String>,
    /// A piece of the name or the description, 1 to 63 characters; upper and lower case are the same.
    q: Option<String>,
    /// `name` (the default), `created_at`, or either with `-` before it.
    sort: Option<String>,
    /// 1 to 200; 50 where absent.
    limit: Option<u32>,
    /// `next_cursor` of the piece before.
    cursor: Option<String>,
}

impl ListQuery {
    fn parse(self) -> Result<(Listing, PageRequest), Problem> {
        let page = PageRequest::parse(self.limit, self.cursor.as_deref())?;
        let sort = self.sort.as_deref().map(Sort::parse).transpose()?.unwrap_or_default();
        let search = self.q.as_deref().map(Search::parse).transpose()?;
        let filter = Filter { name: self.name, active: self.active, category: self.category, search };
        Ok((Listing { filter, sort }, page))
    }
}

#[utoipa::path(operation_id = "machine_list", tag = "machines", params(ListQuery),
    responses((status = 200, body = MachineList, description = "A piece of the catalogue"), Problems))]
#[get("")]
pub async fn handler(app: web::Data<App>, query: Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let (listing, page) = query.0.parse()?;
    let machines = list(&app, &listing, &page).await?;
    let standings = stand(&app, &machines.items).await;
    Ok(HttpResponse::Ok().json(MachineList::new(machines, standings)))
}
