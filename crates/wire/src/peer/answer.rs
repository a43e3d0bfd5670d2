//! Bodies of answers on their way: one ends at its call's deadline and keeps the connection busy until then, the other
//! tells a span how the call ended.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use kit::trace::Span;
use kit::{ErrorCode, Failure};
use proto::convert::status_of_own;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::body::Body;
use tonic::{Code, Status};

use super::pool::Line;

/// An answer that a peer is sending. A peer that stops in the middle holds nobody up past the deadline.
pub struct Answer {
    body: Incoming,
    deadline: Option<Instant>,
    /// Made when first waited for: most answers come in one piece.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Counts as under way until it is read.
    _line: Line,
}

impl Answer {
    pub const fn new(body: Incoming, deadline: Option<Instant>, line: Line) -> Self {
        Self { body, deadline, alarm: None, _line: line }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            let lost =
                |error: hyper::Error| status_of_own(Failure::of(ErrorCode::PeerUnavailable).operator(error).unknown());
            return Poll::Ready(frame.map(|frame| frame.map_err(lost)));
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        ready!(alarm.as_mut().poll(cx));
        Poll::Ready(Some(Err(status_of_own(Failure::of(ErrorCode::DeadlineExceeded).unknown()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body whose end is the end of a span.
pub struct Watched {
    body: Body,
    span: Span,
}

impl Watched {
    /// An answer that tells its span the status, from the header of a short one or from the trailers.
    pub fn over(answer: http::Response<Body>, mut span: Span) -> http::Response<Body> {
        let (head, body) = answer.into_parts();
        ended(&mut span, &head.headers);
        http::Response::from_parts(head, Body::new(Self { body, span }))
    }
}

/// Tells a span the status that these headers carry, if they do.
fn ended(span: &mut Span, headers: &HeaderMap) {
    let Some(status) = Status::from_header_map(headers) else { return };
    tell(span, &status);
}

/// Tells a span how its call ended.
pub fn tell(span: &mut Span, status: &Status) {
    span.tell(|span| {
        span.text("rpc.response.status_code", name(status.code()).to_owned());
        if matches!(status.code(), Code::Unknown | Code::DeadlineExceeded | Code::Internal | Code::Unavailable) {
            span.fail(status.message().to_owned());
        }
    });
}

/// The name of a code as the conventions write it.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    ended(&mut self.span, trailers);
                }
            }
            Some(Err(status)) => tell(&mut self.span, status),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
