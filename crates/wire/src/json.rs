//! What comes in over REST: bodies, queries and ids, each refused with the field named. Bodies of 64 KiB at most.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures::StreamExt as _;
use futures::future::{Ready, ready};
use kit::{ErrorCode, Failure};
use serde::de::DeserializeOwned;

use crate::Problem;

/// How long a body may be.
pub const BODY_LIMIT: usize = 64 << 10;

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
        let mut payload = payload.take();
        Box::pin(async move {
            if !typed {
                let failure = Failure::new(ErrorCode::UnsupportedMediaType, "Send the body as application/json.");
                return Err(failure.into());
            }
            let mut body = Vec::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| Failure::new(ErrorCode::InvalidInput, "The body ended too early."))?;
                if body.len() + chunk.len() > BODY_LIMIT {
                    return Err(Failure::new(ErrorCode::BodyTooLarge, "A body has at most 65536 bytes.").into());
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Self(parse(&body)?))
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.query_string();
        let parsed = if text.contains("%00") {
            Err(Failure::new(ErrorCode::InvalidInput, "A query has no NUL in it.").into())
        } else {
            web::Query::<T>::from_query(text).map(|query| Self(query.into_inner())).map_err(|error| {
                let told = match error {
                    actix_web::error::QueryPayloadError::Deserialize(error) => error.to_string(),
                    other => other.to_string(),
                };
                Problem(described(&told, None))
            })
        };
        ready(parsed)
    }
}

impl<T: FromStr<Err = kit::id::NotAnId>> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().query("id").parse();
        ready(id.map(Self).map_err(|error| Failure::invalid("id", format!("{error}.")).into()))
    }
}

/// Parses a body that was already read.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if has_nul(body) {
        return Err(Failure::new(ErrorCode::InvalidInput, "A text has no NUL in it."));
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
    let failure = Failure::new(code, format!("{sentence}."));
    field.into_iter().fold(failure, Failure::field)
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
    fn deep_nesting_trailing_text_and_nul_are_refused() {
        let deep = format!(r#"{{"inner": {}"#, "[".repeat(10_000));
        assert!(parse::<serde_json::Value>(deep.as_bytes()).is_err());
        assert!(parse::<serde_json::Value>(b"{} {}").is_err());
        assert!(parse::<serde_json::Value>(br#"{"a": "\u0000"}"#).is_err());
        assert!(parse::<serde_json::Value>(br#"{"a": "\\u0000"}"#).is_ok());
        assert!(parse::<serde_json::Value>(b"{\"a\": \"\0\"}").is_err());
    }
}
