//! Deletes the own account, with everything it owns.

use actix_web::{HttpResponse, delete, web};
use wire::{Problem, Problems, Verified};

use crate::use_cases::App;
use crate::use_cases::user_delete::me_delete;

/// Delete the own account.
#[utoipa::path(operation_id = "user_me_delete", tag = "user", security(("bearer" = [])),
    responses((status = 202, description = "The account is closed; its allocations are being removed, then the account"), Problems))]
#[delete("/me")]
pub async fn handler(caller: Verified, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    me_delete(&app, &caller).await?;
    Ok(HttpResponse::Accepted().finish())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Server, address};

    #[actix_web::test]
    async fn a_leaving_account_is_closed_at_once_and_keeps_its_address_until_all_is_gone() {
        let server = Server::start().await;
        server.verified("ada").await;
        let bob = server.verified("bob").await;
        let token = server.token("bob").await;
        assert_eq!(server.call("DELETE", "/user/me", Some(&token), None).await.status, 202);
        assert_eq!(server.call("DELETE", "/user/me", Some(&token), None).await.problem(), (401, "session_closed"));
        assert_eq!(server.log_in("bob").await.problem(), (401, "invalid_credentials"));
        assert_eq!(server.sign_up("bob").await.problem(), (409, "email_taken"));
        let (kind, event) = server.user_events().await.pop().unwrap();
        assert!(kind == "user.deleting" && event.user.unwrap().deleting);
        assert_eq!(server.closures().await.pop().unwrap(), (None, "deleted".to_owned()));
        let act = server.last_act("user.delete").await;
        assert_eq!((act.actor.as_str(), act.as_admin), (bob.as_str(), false));
        assert!(server.mails().await.iter().all(|mail| mail.recipient != address("bob") || mail.kind == "verify_code"));
    }

    #[actix_web::test]
    async fn the_last_admin_stays_and_a_stranger_deletes_nobody() {
        let server = Server::start().await;
        server.verified("ada").await;
        let token = server.token("ada").await;
        assert_eq!(server.call("DELETE", "/user/me", Some(&token), None).await.problem(), (409, "last_admin"));
        assert_eq!(server.get("/user/me", &token).await.status, 200);
        assert_eq!(server.call("DELETE", "/user/me", None, None).await.problem(), (401, "unauthenticated"));
        server.sign_up("bob").await;
        let unverified = server.token("bob").await;
        let refused = server.call("DELETE", "/user/me", Some(&unverified), None).await;
        assert_eq!(refused.problem(), (403, "user_not_verified"));
    }
}
