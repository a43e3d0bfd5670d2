//! The stored log as a plain download: what interact streams, without following.

use actix_web::{HttpResponse, get, web};
use bytes::Bytes;
use futures::StreamExt as _;
use kit::{AllocationId, Failure, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{PathId, Problem, Problems, Query, Verified, scope};

use crate::ports::LogOptions;
use crate::use_cases::Desk;
use crate::use_cases::log::log;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Only the last so many lines.
    #[param(format = Int64, maximum = 4_294_967_295_u32)]
    tail: Option<u32>,
    /// Only lines at or after this time (RFC 3339).
    since: Option<String>,
    /// Only lines that contain this text.
    grep: Option<String>,
    /// Begin each line with its time.
    #[serde(default)]
    timestamps: bool,
}

/// Download an allocation's log
#[utoipa::path(operation_id = "allocation_logs", tag = "allocations",
    security(("bearer" = []), ("api_key" = ["logs:read"])),
    params(("id" = String, Path, format = Uuid), Parameters),
    responses((status = 200, content_type = "text/plain", body = String), Problems))]
#[get("/{id}/logs")]
pub async fn handler(
    caller: Verified<scope::LogsRead>,
    id: PathId<AllocationId>,
    desk: web::Data<Desk>,
    query: Query<Parameters>,
) -> Result<HttpResponse, Problem> {
    let since = query.0.since.as_deref().map(str::parse::<Timestamp>).transpose();
    let since = since.map_err(|error| Failure::invalid("since", error.to_string()))?;
    let options = LogOptions { tail: query.0.tail.map(u64::from), since, grep: query.0.grep };
    let timestamps = query.0.timestamps;
    let (allocation, lines) = log(&desk, &caller, id.0, &options).await?;
    let lines = lines.map(move |line| {
        line.map(|line| {
            let text = if timestamps { format!("{} {}\n", line.time, line.line) } else { format!("{}\n", line.line) };
            Bytes::from(text)
        })
    });
    let name = format!("attachment; filename=\"{}.log\"", allocation.name);
    let mut response = HttpResponse::Ok();
    response.content_type("text/plain; charset=utf-8").insert_header(("Content-Disposition", name));
    Ok(response.streaming(lines))
}
