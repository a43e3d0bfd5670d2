//! The ports as other services answer them: the verifier on allocations and closed sessions, the docker service on logs.

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use kit::{AllocationId, ErrorCode, Failure, Scope, TenantId, Timestamp};
use proto::convert::{failure_of, id, required};
use proto::v1::engine_client::EngineClient;
use proto::v1::log_frame::Frame;
use proto::v1::verifier_client::VerifierClient;
use proto::v1::{self, AllocationRequest, CheckRequest, ClosuresRequest, LogsRequest, Need};
use wire::auth::Needs;
use wire::peer::Calls;
use wire::{Door, Peer};

use crate::domain::{Cursor, LogFrame, LogsWanted, Output};
use crate::ports::{Admitted, Allocations, Closed, Closures, Logs, Sessions, Standing};

/// How long a stream may take to begin.
const OPENING: Duration = Duration::from_secs(10);

/// Asks the verifier.
pub struct VerifierAllocations(VerifierClient<Calls>);

/// Listens to the verifier.
pub struct VerifierClosures(VerifierClient<Calls>);

/// Reads from the docker service.
pub struct EngineLogs(EngineClient<Calls>);

/// Asks as REST does: signature here, all that changes at the gate.
pub struct DoorSessions(pub Door);

impl VerifierAllocations {
    pub fn new(verifier: &Peer) -> Self {
        Self(VerifierClient::new(verifier.calls()))
    }
}

impl VerifierClosures {
    pub fn new(verifier: &Peer) -> Self {
        Self(VerifierClient::new(verifier.streams()))
    }
}

impl EngineLogs {
    pub fn new(docker: &Peer) -> Self {
        Self(EngineClient::new(docker.streams()))
    }
}

#[async_trait]
impl Sessions for DoorSessions {
    async fn admit(&self, token: &str, tenant: Option<TenantId>) -> Result<Admitted, Failure> {
        // As strict as a change: a new socket lives long on what is known now.
        let scope = Some(Scope::LogsRead);
        let question = self.0.question(token, Needs { need: Need::Verified, scope, tenant, writes: true }).await?;
        let key = (!question.api_key.is_empty()).then(|| question.api_key.clone());
        let issued_at = if key.is_some() { self.0.keys.now() } else { Timestamp::from_micros(question.issued_at) };
        let user_revision = question.user_revision;
        Ok(Admitted { caller: self.0.answer(question, scope).await?, issued_at, user_revision, key })
    }

    async fn look(&self, admitted: &Admitted) -> Result<(), Failure> {
        let caller = &admitted.caller;
        let common = CheckRequest {
            tenant_id: Some(caller.tenant.to_string()),
            need: Need::Verified.into(),
            ..CheckRequest::default()
        };
        let request = match &admitted.key {
            Some(hash) => CheckRequest { api_key: hash.clone(), ..common },
            None => CheckRequest {
                user_id: caller.user.to_string(),
                session_id: caller.session.to_string(),
                user_revision: admitted.user_revision,
                issued_at: admitted.issued_at.as_micros(),
                ..common
            },
        };
        self.0.gate.check(request).await.map(drop)
    }
}

#[async_trait]
impl Allocations for VerifierAllocations {
    async fn find(&self, tenant: TenantId, id: AllocationId) -> Result<Standing, Failure> {
        let request = AllocationRequest { id: id.to_string(), tenant_id: tenant.to_string(), revision: None };
        let found = self.0.clone().allocation(request).await.map_err(|status| failure_of(&status))?.into_inner();
        Ok(match found.state.as_str() {
            "stopped" | "failed" | "removed" | "lost" => Standing::AtRest(found.state),
            _ => Standing::Live,
        })
    }
}

#[async_trait]
impl Closures for VerifierClosures {
    async fn listen(&self) -> Result<BoxStream<'static, Result<Closed, Failure>>, Failure> {
        let mut client = self.0.clone();
        Ok(opened(client.closures(ClosuresRequest {})).await?.map(|item| closed(&item?)).boxed())
    }
}

#[async_trait]
impl Logs for EngineLogs {
    async fn open(&self, wanted: &LogsWanted) -> Result<BoxStream<'static, Result<LogFrame, Failure>>, Failure> {
        let mut client = self.0.clone();
        Ok(opened(client.logs(request(wanted))).await?.filter_map(|item| async { known(item) }).boxed())
    }
}

type Opening<T> = Result<tonic::Response<tonic::Streaming<T>>, tonic::Status>;

async fn opened<T: Send + 'static>(
    opening: impl Future<Output = Opening<T>>,
) -> Result<BoxStream<'static, Result<T, Failure>>, Failure> {
    let response = tokio::time::timeout(OPENING, opening)
        .await
        .map_err(|_| Failure::of(ErrorCode::PeerUnavailable).operator("a stream did not begin"))?
        .map_err(|status| failure_of(&status))?;
    Ok(response.into_inner().map(|item| item.map_err(|status| failure_of(&status))).boxed())
}

fn closed(closure: &v1::Closure) -> Result<Closed, Failure> {
    let session = if closure.session_id.is_empty() { None } else { Some(id(&closure.session_id, "session_id")?) };
    Ok(Closed { user: id(&closure.user_id, "user_id")?, session, at: Timestamp::from_micros(closure.at) })
}

fn request(wanted: &LogsWanted) -> LogsRequest {
    LogsRequest {
        allocation_id: wanted.allocation.to_string(),
        follow: wanted.follow,
        tail: wanted.tail,
        after: wanted.after.map(|cursor| v1::LogSeq { epoch: cursor.epoch, ordinal: cursor.ordinal }),
        since: wanted.since.map(Timestamp::as_micros),
        stdout: wanted.output != Some(Output::Stderr),
        stderr: wanted.output != Some(Output::Stdout),
        grep: wanted.grep.clone(),
    }
}

/// Frames of a kind that this version does not know are passed over.
fn known(item: Result<v1::LogFrame, Failure>) -> Option<Result<LogFrame, Failure>> {
    match item {
        Ok(frame) => frame.frame.map(frame_of),
        Err(failure) => Some(Err(failure)),
    }
}

fn frame_of(frame: Frame) -> Result<LogFrame, Failure> {
    Ok(match frame {
        Frame::Line(line) => {
            let seq = required(line.seq, "seq")?;
            LogFrame::Line {
                cursor: Cursor { epoch: seq.epoch, ordinal: seq.ordinal },
                time: Timestamp::from_micros(line.time),
                output: if line.stream == "stderr" { Output::Stderr } else { Output::Stdout },
                text: line.line,
            }
        }
        Frame::Gap(gap) => LogFrame::Gap { dropped: gap.dropped },
        Frame::End(end) => LogFrame::End { reason: end.reason },
        Frame::Ready(_) => LogFrame::Ready,
    })
}
