//! An answer of the platform's, and what every refusal among them must look like.

use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Reply {
    /// `POST /allocations`, for messages.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

/// What a refusal says: status, code and, where one is at fault, the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub field: Option<String>,
}

impl Reply {
    pub async fn of(asked: String, response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { asked, status, headers, text: response.text().await.expect("the answer has an end") }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; null where there is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body of an answer that has to have this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} answered {}", self.asked, self.text);
        self.json()
    }

    /// The same as a type.
    pub fn expect_as<T: DeserializeOwned>(&self, status: u16) -> T {
        let body = self.expect(status);
        serde_json::from_value(body).unwrap_or_else(|error| panic!("{}: {error} in {}", self.asked, self.text))
    }

    /// What a refusal says; every one is a whole problem document.
    pub fn refusal(&self) -> Refusal {
        let told = format!("{} answered {} {}", self.asked, self.status, self.text);
        assert!((400..600).contains(&self.status), "no refusal: {told}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{told}");
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {told}")).to_owned();
        assert_eq!(body["status"], self.status, "{told}");
        for name in ["type", "title", "detail", "request_id"] {
            assert!(!text(name).is_empty(), "an empty {name}: {told}");
        }
        assert!(text("detail").ends_with('.'), "no sentence: {told}");
        assert_eq!(text("type"), format!("/docs/errors#{}", text("code")), "{told}");
        assert_eq!(self.header("x-request-id"), Some(text("request_id").as_str()), "{told}");
        if matches!(self.status, 429 | 503) {
            assert!(
                self.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()),
                "no Retry-After: {told}"
            );
        }
        Refusal { status: self.status, code: text("code"), field: body["field"].as_str().map(str::to_owned) }
    }

    /// Asserts a refusal by status and code.
    pub fn expect_refusal(&self, status: u16, code: &str) {
        let refusal = self.refusal();
        assert_eq!((refusal.status, refusal.code.as_str()), (status, code), "{} answered {}", self.asked, self.text);
    }
}
