//! Opens a suspended account again.

use actix_web::{HttpResponse, delete, web};
use kit::UserId;
use wire::{Admin, PathId, Problem, Problems, scope};

use super::views::UserView;
use crate::use_cases::App;
use crate::use_cases::suspension::resume;

/// Resume an account.
#[utoipa::path(operation_id = "user_resume", tag = "user",
    security(("bearer" = []), ("api_key" = ["admin:write"])),
    params(("id" = String, Path, format = Uuid, description = "The user")),
    responses((status = 200, description = "The account, open again; what was stopped is started by its owner", body = UserView), Problems))]
#[delete("/{id}/suspension")]
pub async fn handler(
    caller: Admin<scope::AdminWrite>,
    id: PathId<UserId>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(resume(&app, &caller, id.0).await?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[actix_web::test]
    async fn a_resumed_user_logs_in_and_nothing_more_is_stopped() {
        let server = Server::start().await;
        server.verified("ada").await;
        let bob = server.verified("bob").await;
        let admin = server.token("ada").await;
        let path = format!("/user/{bob}/suspension");
        server.call("POST", &path, Some(&admin), None).await;
        for _ in 0..2 {
            let resumed = server.call("DELETE", &path, Some(&admin), None).await;
            assert_eq!((resumed.status, &resumed.body["suspended"]), (200, &json!(false)));
        }
        server.settle().await;
        assert!(server.peers.asked().is_empty());
        assert_eq!(server.log_in("bob").await.status, 200);
        let kinds: Vec<String> = server.user_events().await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds[kinds.len() - 2..], ["user.suspended", "user.resumed"]);
        assert_eq!(server.last_act("user.resume").await.subject_id, bob);
        let token = server.token("bob").await;
        assert_eq!(server.call("DELETE", &path, Some(&token), None).await.problem(), (403, "forbidden"));
    }
}
