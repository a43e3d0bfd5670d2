//! Lists accounts, for admins.

use actix_web::{HttpResponse, get, web};
use kit::PageRequest;
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Admin, Problem, Problems, Query, scope};

use super::views::UserListView;
use crate::domain::{Filter, Listing, Sort};
use crate::use_cases::App;
use crate::use_cases::user_list::user_list;

/// Which accounts, in what order, from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserListQuery {
    /// The whole address.
    email: Option<String>,
    verified: Option<bool>,
    admin: Option<bool>,
    suspended: Option<bool>,
    /// `created_at` (the default), `email`, or either with `-` before it.
    sort: Option<String>,
    /// 1 to 200; 50 where absent.
    limit: Option<u32>,
    /// `next_cursor` of the piece before.
    cursor: Option<String>,
}

impl UserListQuery {
    fn parse(self) -> Result<(Listing, PageRequest), Problem> {
        let page = PageRequest::parse(self.limit, self.cursor.as_deref())?;
        let sort = self.sort.as_deref().map(Sort::parse).transpose()?.unwrap_or_default();
        let email = self.email.as_deref().map(str::parse).transpose()?;
        let filter = Filter { email, verified: self.verified, admin: self.admin, suspended: self.suspended };
        Ok((Listing { filter, sort }, page))
    }
}

/// List accounts.
#[utoipa::path(operation_id = "user_list", tag = "user", params(UserListQuery),
    security(("bearer" = []), ("api_key" = ["admin:read"])),
    responses((status = 200, description = "A piece of the accounts", body = UserListView), Problems))]
#[get("")]
pub async fn handler(
    _: Admin<scope::AdminRead>,
    app: web::Data<App>,
    query: Query<UserListQuery>,
) -> Result<HttpResponse, Problem> {
    let (listing, page) = query.0.parse()?;
    let users = user_list(&app, &listing, &page).await?;
    Ok(HttpResponse::Ok().json(UserListView::from(users)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::testing::{Server, address};

    async fn emails(server: &Server, token: &str, query: &str) -> (Vec<String>, Option<String>) {
        let listed = server.get(&format!("/user{query}"), token).await;
        assert_eq!(listed.status, 200, "{listed:?}");
        let email = |item: &serde_json::Value| item["email"].as_str().unwrap().to_owned();
        let items = listed.body["items"].as_array().unwrap().iter().map(email).collect();
        (items, listed.body["next_cursor"].as_str().map(str::to_owned))
    }

    #[actix_web::test]
    async fn filters_sort_and_pages_work_together() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.clock.advance(Duration::from_secs(1));
        let cleo = server.verified("cleo").await;
        server.clock.advance(Duration::from_secs(1));
        server.sign_up("bob").await;
        let token = server.token("ada").await;
        server.call("POST", &format!("/user/{cleo}/suspension"), Some(&token), None).await;
        let [ada, bob, cleo] = ["ada", "bob", "cleo"].map(address);
        for (query, expected) in [
            ("", vec![&ada, &cleo, &bob]),
            ("?sort=-created_at", vec![&bob, &cleo, &ada]),
            ("?sort=email", vec![&ada, &bob, &cleo]),
            ("?sort=-email", vec![&cleo, &bob, &ada]),
            ("?verified=false", vec![&bob]),
            ("?admin=true", vec![&ada]),
            ("?suspended=true&verified=true", vec![&cleo]),
            ("?email=BOB@example.org", vec![&bob]),
            ("?email=bob@example.org&verified=true", vec![]),
        ] {
            let (found, next) = emails(&server, &token, query).await;
            assert_eq!((found.iter().collect::<Vec<_>>(), next), (expected, None), "{query}");
        }
        let (first, next) = emails(&server, &token, "?sort=email&limit=2").await;
        let (second, end) = emails(&server, &token, &format!("?sort=email&limit=2&cursor={}", next.unwrap())).await;
        assert_eq!(([first, second].concat(), end), (vec![ada, bob, cleo], None));
    }

    #[actix_web::test]
    async fn what_does_not_fit_is_refused_with_its_field_and_others_see_nothing() {
        let server = Server::start().await;
        server.verified("ada").await;
        server.verified("bob").await;
        let (token, other) = (server.token("ada").await, server.token("bob").await);
        let (_, next) = emails(&server, &token, "?limit=1").await;
        for (query, field) in [
            ("?sort=name".to_owned(), "sort"),
            ("?email=ada".to_owned(), "email"),
            ("?verified=maybe".to_owned(), "verified"),
            ("?limit=0".to_owned(), "limit"),
            (format!("?sort=email&cursor={}", next.unwrap()), "cursor"),
            ("?colour=red".to_owned(), "colour"),
        ] {
            let refused = server.get(&format!("/user{query}"), &token).await;
            assert_eq!((refused.status, refused.text("field").as_str()), (400, field), "{query}");
        }
        assert_eq!(server.get("/user", &other).await.problem(), (403, "forbidden"));
    }
}
