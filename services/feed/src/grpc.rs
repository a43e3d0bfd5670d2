//! The feed as other services ask it.

#[cfg(test)]
mod tests;

use kit::{Failure, MachineId, ServiceName, Timestamp};
use proto::convert::{id, status_of};
use proto::v1;
use proto::v1::feed_server::{Feed, FeedServer};
use tonic::{Request, Response, Status};
use wire::Allow;
use wire::service::Grpc;

use crate::domain::{Comment, Counts, Opinion};
use crate::use_cases::{App, Said, counts, said_by};

struct Server(App);

/// The methods, and who may call them.
pub fn serve(app: App) -> Grpc {
    Grpc {
        routes: tonic::service::Routes::new(FeedServer::new(Server(app))),
        allow: Allow::methods(&[
            ("/berth.v1.Feed/Counts", &[ServiceName::Machines]),
            ("/berth.v1.Feed/OfUser", &[ServiceName::User]),
        ]),
    }
}

#[tonic::async_trait]
impl Feed for Server {
    async fn counts(&self, request: Request<v1::CountsRequest>) -> Result<Response<v1::CountsReply>, Status> {
        let answer = async {
            let named = request.into_inner().machine_ids;
            let machines = named.iter().map(|text| id(text, "machine_ids")).collect::<Result<Vec<MachineId>, _>>()?;
            let counts = counts(&self.0, &machines).await?;
            Ok(v1::CountsReply { counts: counts.into_iter().map(counts_message).collect() })
        };
        respond(answer.await)
    }

    async fn of_user(&self, request: Request<v1::OfUserRequest>) -> Result<Response<v1::OfUserReply>, Status> {
        let answer = async {
            let said = said_by(&self.0, id(&request.into_inner().user_id, "user_id")?).await?;
            Ok(said_message(said))
        };
        respond(answer.await)
    }
}

fn respond<T>(answer: Result<T, Failure>) -> Result<Response<T>, Status> {
    answer.map(Response::new).map_err(|failure| status_of(&failure))
}

fn counts_message(counts: Counts) -> v1::Counts {
    v1::Counts {
        machine_id: counts.machine.to_string(),
        likes: counts.likes,
        dislikes: counts.dislikes,
        comments: counts.comments,
    }
}

fn said_message(said: Said) -> v1::OfUserReply {
    v1::OfUserReply {
        comments: said.comments.into_iter().map(comment_message).collect(),
        opinions: said.opinions.into_iter().map(opinion_message).collect(),
    }
}

fn comment_message(comment: Comment) -> v1::Comment {
    v1::Comment {
        id: comment.id.to_string(),
        machine_id: comment.machine.to_string(),
        text: comment.text,
        created_at: comment.created_at.as_micros(),
        edited_at: comment.edited_at.map(Timestamp::as_micros),
    }
}

fn opinion_message(opinion: Opinion) -> v1::Opinion {
    v1::Opinion {
        machine_id: opinion.machine.to_string(),
        status: opinion.stance.as_str().to_owned(),
        at: opinion.at.as_micros(),
    }
}
