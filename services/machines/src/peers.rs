//! The feed, asked over gRPC.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use kit::{ErrorCode, Failure, MachineId};
use proto::convert::{failure_of, id};
use proto::v1::feed_client::FeedClient;
use proto::v1::{Counts, CountsRequest};
use wire::Peer;
use wire::peer::{Calls, within};

use crate::domain::Standing;
use crate::ports::Standings;

/// Numbers beside a machine are not worth a longer wait.
const DEADLINE: Duration = Duration::from_millis(300);

pub struct FeedStandings(FeedClient<Calls>);

impl FeedStandings {
    pub fn new(feed: &Peer) -> Self {
        Self(FeedClient::new(feed.calls()))
    }
}

#[async_trait]
impl Standings for FeedStandings {
    async fn of(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, Standing>, Failure> {
        let request = CountsRequest { machine_ids: machines.iter().map(ToString::to_string).collect() };
        let mut feed = self.0.clone();
        // The deadline that goes with the request does not yet run while the connection is made.
        let asked = tokio::time::timeout(DEADLINE, feed.counts(within(DEADLINE, request))).await;
        let late = |_| Failure::of(ErrorCode::DeadlineExceeded);
        let reply = asked.map_err(late)?.map_err(|status| failure_of(&status))?.into_inner();
        let standing = |counts: Counts| {
            let standing = Standing { likes: counts.likes, dislikes: counts.dislikes, comments: counts.comments };
            Ok((id(&counts.machine_id, "machine_id")?, standing))
        };
        reply.counts.into_iter().map(standing).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use kit::{Ambient, ServiceName};
    use proto::v1::feed_server::{Feed, FeedServer};
    use proto::v1::{CountsReply, OfUserReply, OfUserRequest};
    use tonic::{Request, Response, Status};
    use wire::drain::Drain;
    use wire::service::Grpc;
    use wire::{Allow, Pipes};

    /// Answers with these counts for any question, or never where there are none.
    struct Counted(Vec<Counts>);

    #[tonic::async_trait]
    impl Feed for Counted {
        async fn counts(&self, request: Request<CountsRequest>) -> Result<Response<CountsReply>, Status> {
            if self.0.is_empty() {
                return std::future::pending().await;
            }
            assert_eq!(request.into_inner().machine_ids.len(), 2);
            Ok(Response::new(CountsReply { counts: self.0.clone() }))
        }

        async fn of_user(&self, _: Request<OfUserRequest>) -> Result<Response<OfUserReply>, Status> {
            Err(Status::unimplemented("not asked for here"))
        }
    }

    async fn ask(counts: Option<Vec<Counts>>, ids: &[MachineId]) -> Result<BTreeMap<MachineId, Standing>, Failure> {
        let pipes = Pipes::default();
        let drain = Drain::default();
        if let Some(counts) = counts {
            let routes = tonic::service::Routes::new(FeedServer::new(Counted(counts)));
            let allow = Allow::methods(&[("/berth.v1.Feed/Counts", &[ServiceName::Machines])]);
            pipes.serve(ServiceName::Feed, Grpc { routes, allow }, &drain).unwrap();
        }
        let standings = FeedStandings::new(&pipes.connect(ServiceName::Machines, ServiceName::Feed));
        standings.of(ids).await.map(|found| found.into_iter().collect())
    }

    fn ids() -> [MachineId; 2] {
        [MachineId::mint(&Ambient::system()), MachineId::mint(&Ambient::system())]
    }

    #[tokio::test]
    async fn many_machines_are_one_question() {
        let ids = ids();
        let counts = Counts { machine_id: ids[1].to_string(), likes: 3, dislikes: 2, comments: 1 };
        let found = ask(Some(vec![counts]), &ids).await.unwrap();
        assert_eq!(found, BTreeMap::from([(ids[1], Standing { likes: 3, dislikes: 2, comments: 1 })]));
    }

    #[tokio::test]
    async fn a_feed_that_is_late_or_not_there_is_not_waited_for() {
        for counts in [Some(Vec::new()), None] {
            let ids = ids();
            let asked = tokio::time::timeout(10 * DEADLINE, ask(counts, &ids)).await;
            assert_eq!(asked.expect("nobody waits long").unwrap_err().code, ErrorCode::DeadlineExceeded);
        }
    }

    #[tokio::test]
    async fn a_damaged_answer_is_none() {
        let counts = Counts { machine_id: "x".into(), ..Counts::default() };
        assert_eq!(ask(Some(vec![counts]), &ids()).await.unwrap_err().code, ErrorCode::InvalidInput);
    }
}
