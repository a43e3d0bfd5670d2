//! The methods over the pipes that services talk through, and who is let in.

use kit::{Act, CommentId, ErrorCode, UserId};
use proto::convert::failure_of;
use proto::v1::feed_client::FeedClient;
use wire::Pipes;
use wire::drain::Drain;
use wire::peer::Calls;

use super::*;
use crate::config::FeedConfig;
use crate::domain::{CommentText, Draft, Stance};
use crate::ports::{CommentStore as _, LikeStore as _};
use crate::testing::Bench;

struct Wired {
    bench: Bench,
    pipes: Pipes,
}

impl Wired {
    async fn start() -> Self {
        let (mut bench, pipes) = (Bench::start().await, Pipes::default());
        pipes.serve(ServiceName::Feed, bench.service.grpc.take().unwrap(), &Drain::default()).unwrap();
        Self { bench, pipes }
    }

    fn client(&self, caller: ServiceName) -> FeedClient<Calls> {
        FeedClient::new(self.pipes.connect(caller, ServiceName::Feed).calls())
    }

    async fn counts(&self, caller: ServiceName, machine_ids: Vec<String>) -> Result<Vec<v1::Counts>, ErrorCode> {
        let reply = self.client(caller).counts(v1::CountsRequest { machine_ids }).await;
        reply.map(|reply| reply.into_inner().counts).map_err(|status| failure_of(&status).code)
    }

    async fn of_user(&self, caller: ServiceName, user_id: String) -> Result<v1::OfUserReply, ErrorCode> {
        let reply = self.client(caller).of_user(v1::OfUserRequest { user_id }).await;
        reply.map(Response::into_inner).map_err(|status| failure_of(&status).code)
    }

    async fn says(&self, user: UserId, text: &str) -> CommentId {
        let Bench { store, machine, ambient, .. } = &self.bench;
        let text = CommentText::parse(text).unwrap();
        let draft = Draft { id: CommentId::mint(ambient), machine: *machine, text, at: ambient.now() };
        let act = Act::anonymous("comment.create", "comment", draft.id);
        store.create(user, &draft, FeedConfig::default().comment_pace, &act).await.unwrap().id
    }
}

#[tokio::test]
async fn machines_gets_the_counts_of_a_whole_list_in_one_call() {
    let wired = Wired::start().await;
    let Bench { store, machine, ambient, .. } = &wired.bench;
    for stance in [Stance::Like, Stance::Like, Stance::Dislike] {
        store.set(UserId::mint(ambient), *machine, Some(stance), ambient.now()).await.unwrap();
    }
    wired.says(UserId::mint(ambient), "good").await;
    let other = MachineId::mint(ambient).to_string();
    let counts = wired.counts(ServiceName::Machines, vec![other.clone(), machine.to_string()]).await.unwrap();
    let expected = [
        v1::Counts { machine_id: other, ..v1::Counts::default() },
        v1::Counts { machine_id: machine.to_string(), likes: 2, dislikes: 1, comments: 1 },
    ];
    assert_eq!(counts, expected);
}

#[tokio::test]
async fn a_question_names_two_hundred_machines_at_most() {
    let wired = Wired::start().await;
    let machines = |many| (0..many).map(|_| MachineId::mint(&wired.bench.ambient).to_string()).collect();
    assert_eq!(wired.counts(ServiceName::Machines, machines(200)).await.unwrap().len(), 200);
    assert_eq!(wired.counts(ServiceName::Machines, machines(201)).await, Err(ErrorCode::InvalidInput));
    assert_eq!(wired.counts(ServiceName::Machines, vec!["x".into()]).await, Err(ErrorCode::InvalidInput));
}

#[tokio::test]
async fn user_gets_all_that_one_user_said() {
    let wired = Wired::start().await;
    let Bench { store, machine, ambient, .. } = &wired.bench;
    let (user, at) = (UserId::mint(ambient), ambient.now());
    let id = wired.says(user, "one").await;
    wired.says(UserId::mint(ambient), "not mine").await;
    let edit = Draft { id, machine: *machine, text: CommentText::parse("two").unwrap(), at };
    store.edit(user, &edit, &Act::anonymous("comment.edit", "comment", id)).await.unwrap();
    store.set(user, *machine, Some(Stance::Dislike), at).await.unwrap();
    let (machine_id, at) = (machine.to_string(), at.as_micros());
    let comment = v1::Comment {
        id: id.to_string(),
        machine_id: machine_id.clone(),
        text: "two".to_owned(),
        created_at: at,
        edited_at: Some(at),
    };
    let opinion = v1::Opinion { machine_id, status: "dislike".to_owned(), at };
    let said = wired.of_user(ServiceName::User, user.to_string()).await.unwrap();
    assert_eq!(said, v1::OfUserReply { comments: vec![comment], opinions: vec![opinion] });
    assert_eq!(wired.of_user(ServiceName::User, "x".to_owned()).await, Err(ErrorCode::InvalidInput));
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    let wired = Wired::start().await;
    let user = UserId::mint(&wired.bench.ambient).to_string();
    for caller in ServiceName::ALL {
        let counts = wired.counts(caller, Vec::new()).await.err();
        assert_eq!(counts, (caller != ServiceName::Machines).then_some(ErrorCode::Forbidden), "{caller}");
        let said = wired.of_user(caller, user.clone()).await.err();
        assert_eq!(said, (caller != ServiceName::User).then_some(ErrorCode::Forbidden), "{caller}");
    }
}
