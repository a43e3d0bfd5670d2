//! A failure over REST: RFC 9457 problem+json. Nothing else than this ever answers with an error status.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use kit::{Again, ErrorCode, Failure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::context;

/// A failure on its way out over REST.
#[derive(Debug, Clone)]
pub struct Problem(pub Failure);

/// What a client gets in place of what it asked for, as `application/problem+json`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A URI reference that names the kind of problem, `/docs/errors#quota_exceeded`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words, the same for every occurrence.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// The stable name that programs look at.
    pub code: String,
    /// A sentence on this occurrence.
    pub detail: String,
    /// The field of the request that is at fault, as a dotted path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Names the request in the platform's logs.
    pub request_id: String,
}

impl ProblemBody {
    pub fn new(failure: &Failure) -> Self {
        Self {
            kind: format!("/docs/errors#{}", failure.code),
            title: failure.code.title().to_owned(),
            status: failure.code.row().status,
            code: failure.code.to_string(),
            detail: failure.detail.clone(),
            field: failure.field.clone(),
            request_id: context::request_id().unwrap_or_default(),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self(Failure::of(code))
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let failure = &self.0;
        metrics::counter!("berth_problems_total", "code" => failure.code.as_str()).increment(1);
        if failure.code.row().status >= 500 {
            tracing::error!(code = %failure.code, operator = failure.operator, "{}", failure.detail);
        } else {
            tracing::debug!(code = %failure.code, operator = failure.operator, "{}", failure.detail);
        }
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Again::AfterSeconds(seconds) = failure.again() {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if failure.code == ErrorCode::UpgradeRequired {
            response.insert_header((header::UPGRADE, "websocket"));
        }
        if failure.code.row().status == 401 {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(serde_json::to_string(&ProblemBody::new(failure)).unwrap_or_default())
    }
}

/// The answers that every operation may give: documented once, for OpenAPI.
pub struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::response::Response>> {
        let content = || {
            let schema = utoipa::openapi::Ref::from_schema_name("Problem");
            utoipa::openapi::content::ContentBuilder::new().schema(Some(schema)).build()
        };
        let response = |text: &str| {
            utoipa::openapi::response::ResponseBuilder::new()
                .description(text)
                .content("application/problem+json", content())
                .build()
                .into()
        };
        [("4XX", "The request cannot be carried out as it is"), ("5XX", "The platform cannot carry it out right now")]
            .into_iter()
            .map(|(status, text)| (status.to_owned(), response(text)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_problem_is_counted_by_its_code() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let told = metrics::with_local_recorder(&recorder, || {
            for code in [ErrorCode::RateLimited, ErrorCode::RateLimited, ErrorCode::AllocationNotFound] {
                Problem::from(code).error_response();
            }
            recorder.handle().render()
        });
        assert!(told.contains("berth_problems_total{code=\"rate_limited\"} 2"), "{told}");
        assert!(told.contains("berth_problems_total{code=\"allocation_not_found\"} 1"), "{told}");
    }
}
