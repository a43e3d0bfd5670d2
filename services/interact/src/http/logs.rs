//! An allocation's log, live.

use actix_web::{HttpRequest, HttpResponse, get, web};
use kit::AllocationId;
use wire::{PathId, Problem, Problems, Query};

use super::App;
use super::conversation::Conversation;
use super::options::LogsQuery;
use super::upgrade::upgrade;
use super::views::FrameView;

/// Gives an allocation's log over a WebSocket: what is stored, a `ready` frame, then lines as they come.
///
/// Every frame is a JSON text. The access token comes in the `Authorization` header or, from a browser, as the first
/// message within 5 s, `{"event":"AUTH","token":…}`; never in the address. A client that comes back with the last
/// `seq` as `since` misses nothing and gets nothing twice. Close codes: 1000 the log ended · 1012 connect again ·
/// 1013 try again later · 4401 log in again · 4403 not allowed · 4404 no such allocation · 4408 no first message in
/// time · 4429 too many sockets that have not said who they are.
#[utoipa::path(
    operation_id = "allocation_logs_follow",
    tag = "interact",
    params(("id" = String, Path, format = Uuid, description = "The allocation"), LogsQuery),
    responses((status = 101, description = "Messages are frames of this shape", body = FrameView), Problems),
    security(("bearer" = []), ("api_key" = ["logs:read"]), ())
)]
#[get("/allocations/{id}/logs")]
pub async fn handler(
    request: HttpRequest,
    payload: web::Payload,
    id: PathId<AllocationId>,
    query: Query<LogsQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let wanted = query.0.wanted(id.0)?;
    let (response, socket, visitor) = upgrade(&request, payload, &app)?;
    actix_web::rt::spawn(Conversation::new(app, socket).on_one_log(visitor, wanted));
    Ok(response)
}
