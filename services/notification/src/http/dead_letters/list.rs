//! Lists what could not be delivered, for admins.

use actix_web::{HttpResponse, get, web};
use kit::{Failure, PageRequest, UserId};
use serde::Deserialize;
use utoipa::IntoParams;
use wire::{Admin, Problem, Problems, Query, scope};

use crate::domain::{Channel, Subject};
use crate::http::views::DeadLetterListView;
use crate::ports::DeadFilter;
use crate::use_cases::App;
use crate::use_cases::dead_letter_list::dead_letter_list;

/// Which dead letters, from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `email`, `sms` or `webhook`.
    channel: Option<String>,
    /// A kind of message, or an event's name.
    kind: Option<String>,
    #[param(value_type = Option<String>, format = Uuid)]
    user_id: Option<String>,
    /// 1 to 200; 50 where absent.
    limit: Option<u32>,
    /// `next_cursor` of the piece before.
    cursor: Option<String>,
}

impl ListQuery {
    fn parse(self) -> Result<(DeadFilter, PageRequest), Failure> {
        let page = PageRequest::parse(self.limit, self.cursor.as_deref())?;
        let unknown = |field| Failure::invalid(field, format!("There is no such {field}."));
        let channel = self.channel.map(|text| Channel::parse(&text).ok_or_else(|| unknown("channel")));
        let subject = self.kind.map(|text| Subject::parse(&text).ok_or_else(|| unknown("kind")));
        let user = self
            .user_id
            .map(|text| text.parse::<UserId>().map_err(|error| Failure::invalid("user_id", format!("{error}."))));
        let filter =
            DeadFilter { channel: channel.transpose()?, subject: subject.transpose()?, user: user.transpose()? };
        Ok((filter, page))
    }
}

/// List messages that were given up.
#[utoipa::path(operation_id = "dead_letter_list", tag = "notifications", params(ListQuery),
    security(("bearer" = []), ("api_key" = ["admin:read"])),
    responses((status = 200, body = DeadLetterListView, description = "A piece, the newest first"), Problems))]
#[get("/dead-letters")]
pub async fn handler(
    _: Admin<scope::AdminRead>,
    app: web::Data<App>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let (filter, page) = query.0.parse()?;
    let letters = dead_letter_list(&app, filter, &page).await?;
    Ok(HttpResponse::Ok().json(DeadLetterListView::from(letters)))
}
