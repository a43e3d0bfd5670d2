//! How a socket ends, and the close code that tells its client what to do next.

use kit::{ErrorCode, Failure};

#[derive(Debug)]
pub enum Ending {
    /// All was said.
    Done,
    /// No first message came in time.
    Silent,
    /// The client left; nobody is there to be told.
    Gone,
    Failed(Failure),
}

impl From<Failure> for Ending {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Ending {
    /// 4401 log in again · 4403 not allowed · 4404 not there · 4408 too late · 4429 too many · 1012 connect again, the
    /// service restarts · 1013 try again later · 1008 the message was wrong · 1011 our fault.
    pub fn code(&self) -> u16 {
        let failure = match self {
            Self::Done | Self::Gone => return 1000,
            Self::Silent => return 4408,
            Self::Failed(failure) => failure,
        };
        match (failure.code, failure.code.row().status) {
            (ErrorCode::ShuttingDown, _) => 1012,
            (_, 401) => 4401,
            (_, 403) => 4403,
            (_, 404) => 4404,
            (_, 429) => 4429,
            (_, 502..=504) => 1013,
            (_, 500..) => 1011,
            _ => 1008,
        }
    }

    /// What the client is told in an `error` frame before the close.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Done | Self::Gone => None,
            Self::Silent => Some(Failure::new(ErrorCode::Unauthenticated, "The first message did not come in time.")),
            Self::Failed(failure) => Some(failure.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_a_client_what_to_do() {
        let code = |code| Ending::Failed(Failure::of(code)).code();
        assert_eq!(code(ErrorCode::SessionClosed), 4401);
        assert_eq!(code(ErrorCode::UserNotVerified), 4403);
        assert_eq!(code(ErrorCode::AllocationNotFound), 4404);
        assert_eq!(code(ErrorCode::RateLimited), 4429);
        assert_eq!(code(ErrorCode::ShuttingDown), 1012);
        assert_eq!(code(ErrorCode::SessionUnknown), 1013);
        assert_eq!(code(ErrorCode::UnknownField), 1008);
        assert_eq!(code(ErrorCode::Internal), 1011);
        assert_eq!((Ending::Silent.code(), Ending::Done.code()), (4408, 1000));
    }
}
