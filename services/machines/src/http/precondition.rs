//! `If-Match`: which revision a change was thought up for. Without it two admins overwrite each other unseen.

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};
use kit::{ErrorCode, Failure};
use wire::Problem;

use crate::domain::Expected;

/// The header of a call that needs it: `"3"`, a plain `3`, or `*`.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Expected);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = request.headers().get(IF_MATCH).map(|value| value.to_str().unwrap_or(""));
        std::future::ready(parse(given).map(Self).map_err(Problem))
    }
}

fn parse(given: Option<&str>) -> Result<Expected, Failure> {
    let Some(text) = given.map(str::trim) else {
        let sentence = "Send If-Match with the machine's ETag, so that nobody's change is lost.";
        return Err(Failure::new(ErrorCode::PreconditionRequired, sentence).field("If-Match"));
    };
    if text == "*" {
        return Ok(Expected::Any);
    }
    let unquoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let revision = unquoted.parse().map_err(|_| Failure::invalid("If-Match", "If-Match is one ETag, such as \"3\"."));
    revision.map(Expected::Revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_revision() {
        for text in ["\"3\"", "3", " \"3\" "] {
            assert_eq!(parse(Some(text)).unwrap(), Expected::Revision(3), "{text}");
        }
        assert_eq!(parse(Some("*")).unwrap(), Expected::Any);
    }

    #[test]
    fn none_is_required_and_garbage_is_refused() {
        assert_eq!(parse(None).unwrap_err().code, ErrorCode::PreconditionRequired);
        for text in ["", "\"", "abc", "W/\"3\"", "\"1\", \"2\"", "-1"] {
            assert_eq!(parse(Some(text)).unwrap_err().code, ErrorCode::InvalidInput, "{text}");
        }
    }
}
