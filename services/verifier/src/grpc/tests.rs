//! The methods over the pipes that services talk through, and who is let in.

use futures::StreamExt as _;
use kit::{Caller, ErrorCode};
use proto::convert::failure_of;
use proto::v1::verifier_client::VerifierClient;
use wire::{Peer, Pipes};

use super::*;
use crate::fakes::Bench;
use crate::samples;

struct Wired {
    bench: Bench,
    pipes: Pipes,
    drain: Drain,
}

async fn wired() -> Wired {
    let (bench, pipes, drain) = (Bench::start().await, Pipes::default(), Drain::default());
    pipes.serve(ServiceName::Verifier, serve(bench.app.clone(), drain.clone()), &drain).unwrap();
    Wired { bench, pipes, drain }
}

impl Wired {
    fn peer(&self, caller: ServiceName) -> Peer {
        self.pipes.connect(caller, ServiceName::Verifier)
    }

    async fn check(&self, caller: ServiceName, request: CheckRequest) -> Result<Caller, Failure> {
        let reply = VerifierClient::new(self.peer(caller).calls()).check(request).await;
        Caller::try_from(reply.map_err(|status| failure_of(&status))?.into_inner())
    }
}

fn request(asking: &Asking) -> CheckRequest {
    CheckRequest {
        user_id: asking.user.to_string(),
        session_id: asking.session.to_string(),
        user_revision: asking.least,
        issued_at: asking.issued_at.as_micros(),
        tenant_id: None,
        need: WireNeed::Verified.into(),
        writes: true,
        ..CheckRequest::default()
    }
}

#[tokio::test]
async fn a_caller_is_told_who_it_is() {
    let wired = wired().await;
    let person = samples::person(&wired.bench.ambient);
    wired.bench.settle(&person).await;
    let asking = samples::asking(&wired.bench.ambient, &person);
    let caller = wired.check(ServiceName::Allocation, request(&asking)).await.unwrap();
    assert_eq!((caller.user, caller.tenant, caller.session), (person.user, person.tenant, asking.session));
    let other = CheckRequest { tenant_id: Some(person.user.to_string()), ..request(&asking) };
    assert_eq!(wired.check(ServiceName::Feed, other).await.unwrap_err().code, ErrorCode::Forbidden);
    let unsaid = CheckRequest { need: WireNeed::Unspecified.into(), ..request(&asking) };
    assert_eq!(wired.check(ServiceName::Feed, unsaid).await.unwrap_err().field.as_deref(), Some("need"));
}

#[tokio::test]
async fn only_those_who_are_named_may_ask() {
    let wired = wired().await;
    for caller in ServiceName::ALL {
        let mut client = VerifierClient::new(wired.peer(caller).calls());
        let machine = client.machine(MachineRequest { id: "x".into(), revision: None }).await.unwrap_err();
        let expected = if ASKERS.contains(&caller) { ErrorCode::InvalidInput } else { ErrorCode::Forbidden };
        assert_eq!(failure_of(&machine).code, expected, "{caller}");
        let closures = client.closures(ClosuresRequest {}).await;
        let refused = closures.err().map(|status| failure_of(&status).code);
        let expected = (caller != ServiceName::Interact).then_some(ErrorCode::Forbidden);
        assert_eq!(refused, expected, "{caller}");
    }
}

#[tokio::test]
async fn a_follower_hears_of_closings_before_and_after_it_came_and_is_let_go_at_the_end() {
    let wired = wired().await;
    let (bench, person) = (&wired.bench, samples::person(&wired.bench.ambient));
    let session = samples::asking(&bench.ambient, &person).session;
    bench.close(person.user, Some(session), bench.ambient.now());
    bench.app.revocation.poll().await.unwrap();
    let mut client = VerifierClient::new(wired.peer(ServiceName::Interact).streams());
    let mut following = client.closures(ClosuresRequest {}).await.unwrap().into_inner();
    assert_eq!(following.next().await.unwrap().unwrap().session_id, session.to_string());
    bench.close(person.user, None, bench.ambient.now());
    bench.app.revocation.poll().await.unwrap();
    let all = following.next().await.unwrap().unwrap();
    assert_eq!((all.session_id.as_str(), all.user_id), ("", person.user.to_string()));
    wired.drain.stop.cancel();
    assert!(following.next().await.is_none());
}
