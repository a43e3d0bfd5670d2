//! What the driver's failures mean: whether Cassandra is away or the feed is wrong, and whether a change may have happened.

use kit::{ErrorCode, Failure};
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::statement::Consistency;

/// A failed statement that changes nothing, or the same however often it runs.
pub fn repeatable(error: &ExecutionError) -> Failure {
    if is_ours(error) { Failure::internal(error) } else { away(error) }
}

/// A failed conditional statement. `Unknown` unless it is certain that no replica heard of it: a Paxos round that timed out
/// may be finished by whoever looks there next.
pub fn conditional(error: &ExecutionError) -> Failure {
    let failure = repeatable(error);
    if is_ours(error) || was_not_sent(error) { failure } else { failure.unknown() }
}

pub fn away(operator: impl std::fmt::Display) -> Failure {
    Failure::of(ErrorCode::StoreUnavailable).operator(operator)
}

/// A row that is not as the tables say.
pub fn broken(what: impl std::fmt::Display) -> Failure {
    Failure::internal(format!("a row cannot be read: {what}"))
}

/// A statement that this program got wrong, or that Cassandra refuses for good.
const fn is_ours(error: &ExecutionError) -> bool {
    matches!(
        error,
        ExecutionError::BadQuery(_)
            | ExecutionError::LastAttemptError(
                RequestAttemptError::SerializationError(_)
                    | RequestAttemptError::CqlRequestSerialization(_)
                    | RequestAttemptError::DbError(
                        DbError::SyntaxError
                            | DbError::Invalid
                            | DbError::Unauthorized
                            | DbError::ConfigError
                            | DbError::AlreadyExists { .. },
                        _
                    )
            )
    )
}

/// Too few replicas for Paxos itself are noticed before a proposal is made. Too few for its consistency, or too many hints
/// (`Overloaded`), are also noticed when a proposal that was accepted is to be committed: then it is decided.
const fn was_not_sent(error: &ExecutionError) -> bool {
    matches!(
        error,
        ExecutionError::EmptyPlan
            | ExecutionError::ConnectionPoolError(_)
            | ExecutionError::PrepareError(_)
            | ExecutionError::LastAttemptError(
                RequestAttemptError::UnableToAllocStreamId
                    | RequestAttemptError::DbError(
                        DbError::Unavailable { consistency: Consistency::Serial | Consistency::LocalSerial, .. }
                            | DbError::IsBootstrapping,
                        _
                    )
            )
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kit::Left;
    use scylla::errors::WriteType;

    use super::*;

    fn answered(error: DbError) -> ExecutionError {
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, String::new()))
    }

    #[test]
    fn a_paxos_that_timed_out_is_unknown_and_a_refusal_is_not() {
        let timed_out = DbError::WriteTimeout {
            consistency: Consistency::Serial,
            received: 1,
            required: 2,
            write_type: WriteType::Cas,
        };
        let too_few = |consistency| DbError::Unavailable { consistency, required: 2, alive: 1 };
        let table = [
            (answered(timed_out), ErrorCode::StoreUnavailable, Left::Unknown),
            (answered(DbError::ServerError), ErrorCode::StoreUnavailable, Left::Unknown),
            (ExecutionError::RequestTimeout(Duration::from_secs(1)), ErrorCode::StoreUnavailable, Left::Unknown),
            (answered(too_few(Consistency::LocalQuorum)), ErrorCode::StoreUnavailable, Left::Unknown),
            (answered(DbError::Overloaded), ErrorCode::StoreUnavailable, Left::Unknown),
            (answered(too_few(Consistency::Serial)), ErrorCode::StoreUnavailable, Left::Nothing),
            (ExecutionError::EmptyPlan, ErrorCode::StoreUnavailable, Left::Nothing),
            (answered(DbError::Invalid), ErrorCode::Internal, Left::Nothing),
        ];
        for (error, code, left) in table {
            let failure = conditional(&error);
            assert_eq!((failure.code, failure.left), (code, left), "{error}");
            assert_eq!((repeatable(&error).code, repeatable(&error).left), (code, Left::Nothing), "{error}");
        }
    }
}
