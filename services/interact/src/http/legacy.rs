//! Logs as older clients ask for them: by messages on one socket.

use actix_web::{HttpRequest, HttpResponse, get, web};
use wire::{Problem, Problems};

use super::App;
use super::conversation::Conversation;
use super::upgrade::upgrade;
use super::views::FrameView;

/// Gives logs over a WebSocket as older clients ask for them; new ones use `/interact/allocations/{id}/logs`.
///
/// `{"event":"SEND_LOGS","containerId":<allocation id>,"token":…}` begins a log in place of the one before it,
/// `{"event":"CLOSE_LOGS"}` ends it; the socket stays. Frames and close codes are those of the newer call.
#[utoipa::path(
    operation_id = "allocation_logs_follow_by_message",
    tag = "interact",
    responses((status = 101, description = "Messages are frames of this shape", body = FrameView), Problems)
)]
#[get("")]
pub async fn handler(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (response, socket, visitor) = upgrade(&request, payload, &app)?;
    actix_web::rt::spawn(Conversation::new(app, socket).on_commands(visitor));
    Ok(response)
}
