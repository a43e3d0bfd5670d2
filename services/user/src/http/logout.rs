//! Closes the session that asks.

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpResponse, post, web};
use wire::{Authenticated, Problem, Problems};

use super::cookie;
use crate::use_cases::App;
use crate::use_cases::logout::logout;

/// Log out.
#[utoipa::path(operation_id = "user_logout", tag = "user", security(("bearer" = [])),
    responses((status = 204, description = "The session is closed, with its tokens and sockets",
        headers(("Set-Cookie" = String, description = "Makes a browser forget its refresh token"))), Problems))]
#[post("/logout")]
pub async fn handler(caller: Authenticated, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    logout(&app, &caller).await?;
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, cookie::clear(app.secure_cookies))).finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[actix_web::test]
    async fn a_logout_holds_at_once_for_both_tokens() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let (tokens, other) = (server.log_in("ada").await, server.token("ada").await);
        let token = tokens.text("access_token");
        let out = server.call("POST", "/user/logout", Some(&token), None).await;
        assert_eq!(out.status, 204);
        assert!(out.header("set-cookie").unwrap().starts_with("berth_refresh=; Max-Age=0; Path=/user/refresh"));
        assert_eq!(server.closures().await[0].1, "logout");
        assert_eq!(server.last_act("user.logout").await.subject_kind, "session");
        assert_eq!(server.get("/user/me", &token).await.problem(), (401, "session_closed"));
        let again = server.post("/user/refresh", json!({"refresh_token": tokens.text("refresh_token")})).await;
        assert_eq!(again.problem(), (401, "refresh_token_invalid"));
        assert_eq!(server.get("/user/me", &other).await.status, 200);
    }
}
