//! What the driver's errors mean to those who asked, and the deadline that each question has.

use std::future::IntoFuture;

use kit::{ErrorCode, Failure};
use mongodb::error::{Error, ErrorKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure};
use tokio::time::Instant;

/// Server errors that pass: no primary right now, shutting down, recovering, out of time, out of disk, a write conflict, a
/// transaction that the server gave up.
const PASSING: &[i32] = &[
    6,
    7,
    24,
    50,
    64,
    89,
    91,
    100,
    112,
    134,
    189,
    251,
    262,
    9001,
    10058,
    10107,
    11600,
    INTERRUPTED,
    11602,
    13435,
    13436,
    14031,
];
/// What a transaction hears whose session was killed, which may have been meant for the one before it.
const INTERRUPTED: i32 = 11601;

/// Turns a driver's error into a failure that names no query to the user.
pub trait Stored<T> {
    /// Of a read, and of what a transaction that is not committed did: nothing is left of it.
    fn stored(self) -> Result<T, Failure>;

    /// Of a write by itself: it may have happened where the answer was lost.
    fn written(self) -> Result<T, Failure>;
}

impl<T> Stored<T> for Result<T, Error> {
    fn stored(self) -> Result<T, Failure> {
        self.map_err(|error| failure(&error))
    }

    fn written(self) -> Result<T, Failure> {
        self.map_err(|error| {
            let lost = matches!(*error.kind, ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. });
            let lost = lost || matches!(*error.kind, ErrorKind::Write(WriteFailure::WriteConcernError(_)));
            if lost { failure(&error).unknown() } else { failure(&error) }
        })
    }
}

/// Asks, and gives up at a moment. Giving up looks like a network that did not answer, which it is.
pub async fn bounded<T>(
    deadline: Instant,
    ask: impl IntoFuture<Output = Result<T, Error>, IntoFuture: Send>,
) -> Result<T, Error> {
    let answer = tokio::time::timeout_at(deadline, ask.into_future()).await;
    answer.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}

/// Whether a write was refused because a unique index has such a document already.
pub fn is_duplicate(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(refused)) => refused.code == 11000,
        ErrorKind::Command(refused) => refused.code == 11000,
        _ => false,
    }
}

/// Whether a collection was not made because it is there.
pub fn is_there(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(refused) if refused.code == 48)
}

/// Whether the whole transaction may be run again.
pub fn is_transient(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

/// Whether an operation of a transaction was ended from outside. Of a commit this says nothing: it may have happened.
pub fn is_interrupted(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(refused) if refused.code == INTERRUPTED)
}

/// Whether the server may have done what it was asked for: its answer was lost, or says so.
pub fn is_unknown(error: &Error) -> bool {
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || matches!(*error.kind, ErrorKind::Io(_))
}

/// Whether a commit may or may not have happened. One that ends while it waits for its majority has happened on the primary;
/// not every error that tells of this has a label, such as that of an interruption.
pub fn is_unknown_commit(error: &Error) -> bool {
    let lacks_majority = matches!(*error.kind, ErrorKind::Write(WriteFailure::WriteConcernError(_)));
    lacks_majority || is_interrupted(error) || is_unknown(error)
}

fn failure(error: &Error) -> Failure {
    // The kind says it all; the rest is the server's whole answer in hexadecimal.
    let failure = Failure::of(if passes(error) { ErrorCode::StoreUnavailable } else { ErrorCode::Internal });
    failure.operator(&error.kind)
}

fn passes(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::Authentication { .. }
        | ErrorKind::Shutdown => true,
        ErrorKind::Command(refused) => PASSING.contains(&refused.code),
        ErrorKind::Write(WriteFailure::WriteError(refused)) => PASSING.contains(&refused.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(refused)) => PASSING.contains(&refused.code),
        // What the driver says of a transaction when it does not know the servers yet.
        ErrorKind::Transaction { .. } | ErrorKind::SessionsNotSupported => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{doc, from_document};

    use super::*;

    fn answered(code: i32) -> mongodb::bson::Document {
        doc! { "code": code, "codeName": "", "errmsg": "", "errInfo": null }
    }

    #[test]
    fn a_commit_whose_wait_for_a_majority_ended_may_have_happened() {
        let without_majority =
            |code| ErrorKind::Write(WriteFailure::WriteConcernError(from_document(answered(code)).unwrap()));
        let refused = |code| ErrorKind::Command(from_document(answered(code)).unwrap());
        let table = [
            (without_majority(INTERRUPTED), true),
            (without_majority(64), true),
            (refused(INTERRUPTED), true),
            (ErrorKind::Io(std::sync::Arc::new(std::io::ErrorKind::TimedOut.into())), true),
            // A write conflict: the server ended the transaction.
            (refused(112), false),
        ];
        for (kind, may_have_happened) in table {
            let error = Error::from(kind);
            assert_eq!(is_unknown_commit(&error), may_have_happened, "{error}");
        }
        // Within a transaction nothing is kept, and an interruption is worth another attempt.
        assert!(!is_unknown(&Error::from(refused(INTERRUPTED))));
    }
}
