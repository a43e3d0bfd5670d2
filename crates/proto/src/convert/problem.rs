//! A failure over gRPC: its code's status, with the whole failure in the details. One mapping each way.

use std::error::Error as _;
use std::sync::Arc;

use kit::{ErrorCode, Failure, Left, RpcCode};
use prost::Message as _;
use tonic::{Code, Status};

use crate::v1::Problem;

/// The status that a failure travels as. What is for the operator stays on this side.
pub fn status_of(failure: &Failure) -> Status {
    let problem = Problem {
        code: failure.code.as_str().to_owned(),
        detail: failure.detail.clone(),
        field: failure.field.clone(),
        retry_after: failure.retry_after,
        left_unknown: failure.left == Left::Unknown,
    };
    Status::with_details(code_of(failure.code.row().rpc), &failure.detail, problem.encode_to_vec().into())
}

/// The status of a failure of this process's own, which never travels: `failure_of` gives it back whole, with the
/// operator's part.
pub fn status_of_own(failure: Failure) -> Status {
    let mut status = status_of(&failure);
    status.set_source(Arc::new(failure));
    status
}

/// The failure that a status carries; for a status of the transport's own, what it means for the caller.
pub fn failure_of(status: &Status) -> Failure {
    if let Some(own) = status.source().and_then(|source| source.downcast_ref::<Failure>()) {
        return own.clone();
    }
    match Problem::decode(status.details()).ok().and_then(|problem| Some((ErrorCode::parse(&problem.code)?, problem))) {
        Some((code, problem)) => Failure {
            code,
            detail: problem.detail,
            field: problem.field,
            operator: None,
            retry_after: problem.retry_after,
            left: if problem.left_unknown { Left::Unknown } else { Left::Nothing },
        },
        None => transport_failure(status),
    }
}

fn transport_failure(status: &Status) -> Failure {
    let code = match status.code() {
        Code::Cancelled | Code::DeadlineExceeded => ErrorCode::DeadlineExceeded,
        Code::Unavailable | Code::Unknown => ErrorCode::PeerUnavailable,
        _ => ErrorCode::Internal,
    };
    Failure::of(code).operator(status).unknown()
}

const fn code_of(code: RpcCode) -> Code {
    match code {
        RpcCode::InvalidArgument => Code::InvalidArgument,
        RpcCode::NotFound => Code::NotFound,
        RpcCode::AlreadyExists => Code::AlreadyExists,
        RpcCode::PermissionDenied => Code::PermissionDenied,
        RpcCode::Unauthenticated => Code::Unauthenticated,
        RpcCode::ResourceExhausted => Code::ResourceExhausted,
        RpcCode::FailedPrecondition => Code::FailedPrecondition,
        RpcCode::Aborted => Code::Aborted,
        RpcCode::Unavailable => Code::Unavailable,
        RpcCode::DeadlineExceeded => Code::DeadlineExceeded,
        RpcCode::Internal => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_survives_the_wire_but_for_the_operators_part() {
        for code in ErrorCode::ALL {
            let sent = Failure::new(*code, "no").field("f").operator("secret").retry_after(7).unknown();
            let got = failure_of(&status_of(&sent));
            assert_eq!((got.code, got.detail.as_str(), got.field.as_deref()), (*code, "no", Some("f")));
            assert_eq!((got.operator, got.retry_after, got.left), (None, Some(7), Left::Unknown));
        }
    }

    #[test]
    fn a_failure_of_ones_own_is_kept_whole() {
        let failure = Failure::of(ErrorCode::PeerUnavailable).operator("user: 127.0.0.1:9: refused");
        let got = failure_of(&status_of_own(failure));
        assert_eq!((got.operator.as_deref(), got.left), (Some("user: 127.0.0.1:9: refused"), Left::Nothing));
    }

    #[test]
    fn a_lost_connection_leaves_the_outcome_open() {
        let failure = failure_of(&Status::unavailable("broken pipe"));
        assert_eq!((failure.code, failure.left), (ErrorCode::PeerUnavailable, Left::Unknown));
    }
}
