//! What went wrong, as a sentence for people, as problem JSON for programs, and as an exit code for shells.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// What a shell sees; `berth --help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Who read our output has seen enough.
    OutputClosed,
    Other,
    Usage,
    NotLoggedIn,
    Forbidden,
    NotFound,
    Conflict,
    Unavailable,
    AllocationFailed,
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::NotLoggedIn => 3,
            Self::Forbidden => 4,
            Self::NotFound => 5,
            Self::Conflict => 6,
            Self::Unavailable => 7,
            Self::AllocationFailed => 8,
        }
    }

    pub const fn of_status(status: u16) -> Self {
        match status {
            400 | 413 | 415 | 422 => Self::Usage,
            401 => Self::NotLoggedIn,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 | 412 => Self::Conflict,
            502..=504 => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

/// Problem JSON as the platform gives it; what went wrong on this side takes the same form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type", default = "blank")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub code: String,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

fn blank() -> String {
    "about:blank".to_owned()
}

/// Why a command ends without having done its work.
#[derive(Clone, Debug)]
pub struct Failure {
    pub exit: Exit,
    /// Boxed, so that results stay small.
    pub problem: Box<Problem>,
}

impl Failure {
    /// Something that the platform did not say.
    pub fn local(exit: Exit, code: &str, detail: impl Display) -> Self {
        let (code, detail) = (code.to_owned(), detail.to_string());
        let problem =
            Problem { kind: blank(), title: String::new(), status: None, code, detail, field: None, request_id: None };
        Self { exit, problem: Box::new(problem) }
    }

    /// Something that the platform said.
    pub fn of(problem: Problem) -> Self {
        Self { exit: problem.status.map_or(Exit::Other, Exit::of_status), problem: Box::new(problem) }
    }

    /// A code that came without its status, as in a WebSocket's frame.
    pub fn of_code(code: &str, detail: &str) -> Self {
        let status = kit::ErrorCode::parse(code).map(|code| code.row().status);
        let exit = status.map_or(Exit::Other, Exit::of_status);
        Self::local(exit, code, detail)
    }

    pub fn usage(detail: impl Display) -> Self {
        Self::local(Exit::Usage, "usage", detail)
    }

    pub fn not_logged_in(url: &str) -> Self {
        Self::local(Exit::NotLoggedIn, "not_logged_in", format!("You are not logged in at {url}; try `berth login`."))
    }

    /// A file, a stream or a value of ours that is not as it must be.
    pub fn other(detail: impl Display) -> Self {
        Self::local(Exit::Other, "client_failure", detail)
    }

    pub fn code(&self) -> &str {
        &self.problem.code
    }

    /// What people read.
    pub fn sentence(&self) -> String {
        match &self.problem.field {
            Some(field) if !self.problem.detail.contains(field) => format!("{} (field `{field}`)", self.problem.detail),
            _ => self.problem.detail.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Failure {
        Failure::of(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn every_code_of_the_platform_has_the_exit_code_of_its_status() {
        let exits: Vec<u8> = [401, 403, 404, 409, 412, 422, 400, 429, 500, 502, 503, 504]
            .map(Exit::of_status)
            .iter()
            .map(|exit| exit.code())
            .collect();
        assert_eq!(exits, [3, 4, 5, 6, 6, 2, 2, 1, 1, 7, 7, 7]);
        assert_eq!(Failure::of_code("allocation_not_found", "").exit, Exit::NotFound);
        assert_eq!(Failure::of_code("invented_later", "").exit, Exit::Other);
    }

    #[test]
    fn people_get_the_sentence_and_the_field() {
        let failure = problem(
            r#"{"status":400,"code":"invalid_input","detail":"Too short.","field":"password","request_id":"r"}"#,
        );
        assert_eq!(failure.sentence(), "Too short. (field `password`)");
        let named = problem(
            r#"{"status":400,"code":"invalid_input","detail":"The password is too short.","field":"password"}"#,
        );
        assert_eq!(named.sentence(), "The password is too short.");
    }

    #[test]
    fn programs_get_the_problem_as_it_came() {
        let text = r#"{"type":"/docs/errors#quota_exceeded","title":"T","status":409,"code":"quota_exceeded","detail":"D","request_id":"r"}"#;
        let failure = problem(text);
        assert_eq!(failure.exit.code(), 6);
        assert_eq!(serde_json::to_string(&failure.problem).unwrap(), text);
    }
}
