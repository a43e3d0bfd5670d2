//! Adds a machine to the catalogue.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, post, web};
use wire::{Admin, Json, Problem, Problems, scope};

use super::body::NewMachine;
use super::views::{MachineView, tagged};
use crate::use_cases::{App, create};

#[utoipa::path(operation_id = "machine_create", tag = "machines", request_body = NewMachine,
    security(("bearer" = []), ("api_key" = ["admin:write"])),
    responses((status = 201, body = MachineView, description = "The new machine"), Problems))]
#[post("")]
pub async fn handler(
    admin: Admin<scope::AdminWrite>,
    app: web::Data<App>,
    body: Json<NewMachine>,
) -> Result<HttpResponse, Problem> {
    let machine = create(&app, &admin, body.0.into()).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/machines/{}", machine.id)));
    Ok(tagged(&app, response, machine).await)
}
