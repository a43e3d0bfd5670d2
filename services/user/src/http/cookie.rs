//! The refresh token as browsers keep it: in a cookie that scripts cannot read, for one path. Written and read by hand:
//! one name, and a value of base64url that needs no escaping.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HOST, ORIGIN};
use kit::{ErrorCode, Failure};
use secrecy::SecretString;
use wire::origin::same_origin;

/// The cookie's name.
pub const NAME: &str = "berth_refresh";
/// Says that our own console asks: a header that no form and no link of another page can send.
const CONSOLE_HEADER: &str = "x-berth-console";

/// A `Set-Cookie` that keeps the token for as long as it can be exchanged.
pub fn keep(token: &str, life: Duration, secure: bool) -> String {
    format!("{NAME}={token}; Max-Age={}; {}", life.as_secs(), attributes(secure))
}

/// A `Set-Cookie` that makes a browser forget it.
pub fn clear(secure: bool) -> String {
    format!("{NAME}=; Max-Age=0; {}", attributes(secure))
}

fn attributes(secure: bool) -> String {
    let secure = if secure { "Secure; " } else { "" };
    format!("Path=/user/refresh; {secure}HttpOnly; SameSite=Strict")
}

/// The token in a request's cookie; `None` where there is none. `forbidden` where another page may have sent it.
pub fn presented(request: &HttpRequest) -> Result<Option<SecretString>, Failure> {
    let Some(token) = value(request) else { return Ok(None) };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let own =
        header(ORIGIN.as_str()).zip(header(HOST.as_str())).is_some_and(|(origin, host)| same_origin(origin, host));
    if own && header(CONSOLE_HEADER) == Some("1") {
        return Ok(Some(token));
    }
    let told = "A cookie renews a session only for a page of ours: with its Origin and X-Berth-Console: 1.";
    Err(Failure::new(ErrorCode::Forbidden, told))
}

fn value(request: &HttpRequest) -> Option<SecretString> {
    let texts = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == NAME && !value.is_empty()).map(|(_, value)| value.into())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_cookie_is_for_one_path_and_no_script() {
        let kept = keep("abc", Duration::from_secs(60), true);
        let expected = "berth_refresh=abc; Max-Age=60; Path=/user/refresh; Secure; HttpOnly; SameSite=Strict";
        assert_eq!(kept, expected);
        assert!(!keep("abc", Duration::from_secs(60), false).contains("Secure"));
        assert!(clear(true).starts_with("berth_refresh=; Max-Age=0;"));
    }

    #[test]
    fn only_a_page_of_ours_may_present_it() {
        let ours = [("host", "berth.example"), ("origin", "https://berth.example"), ("x-berth-console", "1")];
        let ask = |headers: &[(&'static str, &'static str)]| {
            let request = TestRequest::default().insert_header(("cookie", "a=b; berth_refresh=abc"));
            presented(&headers.iter().fold(request, |request, header| request.insert_header(*header)).to_http_request())
        };
        assert_eq!(ask(&ours).unwrap().unwrap().expose_secret(), "abc");
        for missing in 0..3 {
            let left: Vec<_> =
                ours.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, header)| *header).collect();
            assert_eq!(ask(&left).unwrap_err().code, ErrorCode::Forbidden, "without {:?}", ours[missing]);
        }
        let foreign = [ours[0], ("origin", "https://evil.example"), ours[2]];
        assert_eq!(ask(&foreign).unwrap_err().code, ErrorCode::Forbidden);
        assert!(presented(&TestRequest::default().to_http_request()).unwrap().is_none());
    }
}
