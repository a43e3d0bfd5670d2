//! `Prefer: wait=20` (RFC 7240): how long a client would like to wait for the end of what it asks for.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::views::AllocationView;
use crate::domain::allocation::Allocation;
use crate::use_cases::wait::LONGEST;

/// The wait that was asked for, at most a minute; `None` where none was.
pub fn wait_of(request: &HttpRequest) -> Option<Duration> {
    request
        .headers()
        .get_all("prefer")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split([',', ';']))
        .filter_map(|preference| preference.trim().strip_prefix("wait="))
        .find_map(|seconds| seconds.trim().parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST))
}

/// An answer with the allocation, saying which wait was kept.
pub fn answer(status: StatusCode, waited: Option<Duration>, allocation: &Allocation, host: &str) -> HttpResponse {
    builder(status, waited).json(AllocationView::new(allocation, host))
}

/// The same, where more headers are to come.
pub fn builder(status: StatusCode, waited: Option<Duration>) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    if let Some(span) = waited {
        response.insert_header(("Preference-Applied", format!("wait={}", span.as_secs())));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_wait_is_capped_and_nonsense_is_no_wait() {
        let wait = |text: &str| wait_of(&TestRequest::default().insert_header(("Prefer", text)).to_http_request());
        assert_eq!(wait("wait=20"), Some(Duration::from_secs(20)));
        assert_eq!(wait("respond-async, wait=900"), Some(LONGEST));
        assert_eq!(wait("wait=soon"), None);
    }
}
