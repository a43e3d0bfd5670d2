//! Lists where a user is logged in.

use actix_web::{HttpResponse, get, web};
use wire::{Problem, Problems, Verified};

use super::views::{SessionListView, SessionView};
use crate::use_cases::App;
use crate::use_cases::session_list::session_list;

/// List the own sessions.
#[utoipa::path(operation_id = "user_session_list", tag = "user", security(("bearer" = [])),
    responses((status = 200, description = "Open sessions, newest first", body = SessionListView), Problems))]
#[get("/sessions")]
pub async fn handler(caller: Verified, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let sessions = session_list(&app, &caller).await?;
    let items = sessions.into_iter().map(|session| SessionView::of(session, caller.session)).collect();
    Ok(HttpResponse::Ok().json(SessionListView { items, next_cursor: None }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[actix_web::test]
    async fn a_user_sees_where_they_are_logged_in() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.verified("bob").await;
        server.token("bob").await;
        let (_, token) = (server.token("ada").await, server.token("ada").await);
        let listed = server.get("/user/sessions", &token).await;
        let items = listed.body["items"].as_array().unwrap();
        assert_eq!((listed.status, items.len(), &listed.body["next_cursor"]), (200, 2, &json!(null)));
        assert_eq!(items.iter().filter(|item| item["current"] == json!(true)).count(), 1);
        assert_eq!((&items[0]["address"], &items[0]["agent"]), (&json!("192.0.2.1"), &json!("test/1")));
    }

    #[actix_web::test]
    async fn an_unverified_user_is_refused() {
        let server = Server::start().await;
        server.sign_up("ada").await;
        let token = server.token("ada").await;
        assert_eq!(server.get("/user/sessions", &token).await.problem(), (403, "user_not_verified"));
    }
}
