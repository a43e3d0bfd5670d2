//! What comes in over REST: bodies, queries and ids, each refused with the field named. Bodies of 64 KiB at most.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt as _;
use futures::future::{Ready, ready};
use kit::{ErrorCode, Failure};
use serde::de::DeserializeOwned;

use crate::Problem;

/// How long a body may be.
pub const BODY_LIMIT: usize = 64 << 10;

/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// A JSON body, parsed and checked against its type. Unknown fields, NUL characters and deep nesting are refused.
pub struct Json<T>(pub T);

/// The query part of a URL, parsed and checked against its type.
pub struct Query<T>(pub T);

/// The `{id}` of a path.
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = is_json(request);
        let encoded = request.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
        let mut payload = payload.take();
        Box::pin(async move {
            if encoded {
                let failure =
                    Failure::new(ErrorCode::UnsupportedMediaType, "Send the body without a content encoding.");
                return Err(failure.into());
            }
            if !typed {
                let failure = Failure::new(ErrorCode::UnsupportedMediaType, "Send the body as application/json.");
                return Err(failure.into());
            }
            let body = tokio::time::timeout(BODY_DEADLINE, read(&mut payload)).await;
            let late = |_| Failure::new(ErrorCode::RequestTimeout, "The body did not arrive within 10 s.");
            Ok(Self(parse(&body.map_err(late)??)?))
        })
    }
}

/// The whole body, as far as it is allowed.
async fn read(payload: &mut Payload) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Failure::new(ErrorCode::InvalidInput, "The body ended too early."))?;
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(Failure::new(ErrorCode::BodyTooLarge, "A body has at most 65536 bytes."));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.query_string();
        let parsed = if text.contains("%00") {
            Err(Failure::new(ErrorCode::InvalidInput, "A query has no NUL in it.").into())
        } else {
            let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
            serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| {
                let path = error.path().to_string();
                Problem(described(&error.inner().to_string(), (path != ".").then_some(path)))
            })
        };
        ready(parsed)
    }
}

impl<T: FromStr<Err = kit::id::NotAnId>> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(segment(request, "id").map(Self))
    }
}

/// The id in a segment of a path that the endpoint calls `name`.
pub fn segment<T: FromStr<Err = kit::id::NotAnId>>(request: &HttpRequest, name: &str) -> Result<T, Problem> {
    let id = request.match_info().query(name).parse();
    id.map_err(|error| Failure::invalid(name, format!("{error}.")).into())
}

/// Parses a body that was already read.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if has_nul(body) {
        return Err(Failure::new(ErrorCode::InvalidInput, "A text has no NUL in it."));
    }
    // serde would take an array for an object, field by field in an order that nobody promised.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Failure::new(ErrorCode::InvalidInput, "The body is an object, not an array."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        described(&error.inner().to_string(), (path != ".").then_some(path))
    })?;
    deserializer.end().map_err(|_| Failure::new(ErrorCode::InvalidInput, "Something follows after the JSON."))?;
    Ok(parsed)
}

fn is_json(request: &HttpRequest) -> bool {
    let text = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = text.split(';').next().unwrap_or("").trim();
    media.eq_ignore_ascii_case("application/json")
}

/// A sentence and a field out of serde's message, without the position that means nothing to a user.
fn described(message: &str, path: Option<String>) -> Failure {
    let sentence = message.split(" at line ").next().unwrap_or(message);
    let quoted = || sentence.split('`').nth(1).map(str::to_owned);
    let (code, named) = if sentence.starts_with("unknown field") {
        (ErrorCode::UnknownField, quoted())
    } else if sentence.starts_with("missing field") {
        (ErrorCode::InvalidInput, quoted())
    } else {
        (ErrorCode::InvalidInput, None)
    };
    let field = match (path, named) {
        (Some(path), Some(name)) if path == name || path.ends_with(&format!(".{name}")) => Some(path),
        (Some(path), Some(name)) => Some(format!("{path}.{name}")),
        (path, named) => named.or(path),
    };
    let failure = Failure::new(code, format!("{}.", in_plain_words(sentence)));
    field.into_iter().fold(failure, Failure::field)
}

/// serde speaks of Rust's types; users know JSON's.
fn in_plain_words(sentence: &str) -> String {
    let (said, expected) = sentence.split_once(", expected ").unwrap_or((sentence, ""));
    let wanted = match expected {
        _ if said.contains("untagged enum") => return "this is a text, a whole number, true or false".to_owned(),
        _ if said.contains("digit found") || said.contains("cannot parse integer") || said.contains("number too") => {
            return "this is a whole number that is not negative".to_owned();
        }
        _ if said.contains("was not `true` or `false`") => return "this is true or false".to_owned(),
        "" => return said.to_owned(),
        text if text.starts_with("struct ") => "an object",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i32" | "i64" => "a whole number",
        "f64" => "a number",
        text => text,
    };
    format!("{said}, expected {wanted}")
}

/// Whether the JSON has U+0000, raw or as an escape. Databases and C programs cut texts there.
fn has_nul(body: &[u8]) -> bool {
    let escaped = body.windows(6).enumerate().any(|(at, window)| {
        window == b"\\u0000" && body[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
    });
    escaped || body.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only parsing is tested")]
    struct Outer {
        inner: Inner,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only parsing is tested")]
    struct Inner {
        number: u32,
    }

    fn field_of(text: &str) -> (ErrorCode, Option<String>) {
        let failure = parse::<Outer>(text.as_bytes()).unwrap_err();
        (failure.code, failure.field)
    }

    #[test]
    fn the_field_at_fault_is_named() {
        assert_eq!(field_of(r#"{"inner": {"number": "x"}}"#), (ErrorCode::InvalidInput, Some("inner.number".into())));
        assert_eq!(field_of(r#"{"inner": {"numbr": 1}}"#), (ErrorCode::UnknownField, Some("inner.numbr".into())));
        assert_eq!(field_of(r#"{"inner": {}}"#), (ErrorCode::InvalidInput, Some("inner.number".into())));
        assert_eq!(field_of("{}"), (ErrorCode::InvalidInput, Some("inner".into())));
    }

    #[test]
    fn a_query_names_its_field_in_plain_words() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only parsing is tested")]
        struct Parameters {
            limit: Option<u32>,
            force: Option<bool>,
        }
        for (query, field) in [("limit=-1", "limit"), ("force=maybe", "force"), ("color=red", "color")] {
            let request = actix_web::test::TestRequest::with_uri(&format!("/?{query}")).to_http_request();
            let failure = Query::<Parameters>::from_request(&request, &mut Payload::None).into_inner().err().unwrap().0;
            assert_eq!(failure.field.as_deref(), Some(field), "{failure}");
            assert!(!failure.detail.contains("u32") && !failure.detail.contains("digit"), "{failure}");
        }
    }

    #[test]
    fn an_array_is_no_object() {
        assert_eq!(parse::<Outer>(b" [{\"number\": 1}]").unwrap_err().code, ErrorCode::InvalidInput);
    }

    #[test]
    fn deep_nesting_trailing_text_and_nul_are_refused() {
        let deep = format!(r#"{{"inner": {}"#, "[".repeat(10_000));
        assert!(parse::<serde_json::Value>(deep.as_bytes()).is_err());
        assert!(parse::<serde_json::Value>(b"{} {}").is_err());
        assert!(parse::<serde_json::Value>(br#"{"a": "\u0000"}"#).is_err());
        assert!(parse::<serde_json::Value>(br#"{"a": "\\u0000"}"#).is_ok());
        assert!(parse::<serde_json::Value>(b"{\"a\": \"\0\"}").is_err());
    }
}
