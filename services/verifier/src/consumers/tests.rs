//! From an owner's outbox to an answer, and past what cannot be read.

use std::time::Duration;

use bus::{Event, OutboxSource, outbox};
use kit::{MachineId, ServiceName};
use proto::v1;
use sql::Database;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::Asking;
use crate::fakes::Bench;
use crate::samples;
use crate::use_cases::check;

fn user_event(bench: &Bench, person: &crate::domain::Person, kind: &str) -> Event {
    let user = v1::User {
        id: person.user.to_string(),
        tenant_id: person.tenant.to_string(),
        verified: person.verified,
        revision: person.revision,
        ..v1::User::default()
    };
    let payload = v1::UserEvent { user: Some(user), cause: None, changed: Vec::new() };
    Event::new(&bench.ambient, Topic::User, ServiceName::User, kind, person.user, person.revision, &payload)
}

fn copier(bench: &Bench) -> Copier {
    Copier { model: bench.app.model.clone(), news: bench.app.news.clone() }
}

fn records(events: Vec<Event>) -> Vec<Record> {
    events.into_iter().zip(1..).map(|(event, position)| Record { position, event }).collect()
}

#[tokio::test]
async fn what_cannot_be_read_holds_up_nobody() {
    let bench = Bench::start().await;
    let (copier, person) = (copier(&bench), samples::person(&bench.ambient));
    let mut broken = user_event(&bench, &person, "user.updated");
    broken.data = vec![0xff];
    let nobody = Event { data: Vec::new(), ..broken.clone() };
    let unknown = Event { kind: "tenant.created".into(), ..broken.clone() };
    let good = user_event(&bench, &person, "user.created");
    copier.apply(Topic::User, records(vec![broken, nobody, unknown, good])).await.unwrap();
    assert_eq!(copier.position(Topic::User).await.unwrap(), 4);
    assert_eq!(bench.app.model.person(person.user).await.unwrap(), Some(person));
}

#[tokio::test]
async fn machines_and_allocations_are_kept_as_they_were_announced() {
    let bench = Bench::start().await;
    let machine =
        v1::Machine { id: MachineId::mint(&bench.ambient).to_string(), revision: 3, ..v1::Machine::default() };
    let payload = v1::MachineEvent { machine: Some(machine.clone()), cause: None, changed: Vec::new() };
    let id: MachineId = machine.id.parse().unwrap();
    let event = Event::new(&bench.ambient, Topic::Machine, ServiceName::Machines, "machine.snapshot", id, 3, &payload);
    copier(&bench).apply(Topic::Machine, records(vec![event])).await.unwrap();
    let copy = bench.app.model.machine(id).await.unwrap().unwrap();
    assert_eq!(crate::events::decode::<v1::Machine>(&copy.message).unwrap(), machine);
}

#[tokio::test]
async fn an_event_from_an_outbox_wakes_who_waits_for_it() {
    let bench = Bench::start().await;
    let directory = tempfile::tempdir().unwrap();
    let users = Database::open(&directory.path().join("u.db"), &[&bus::MIGRATIONS]).await.unwrap();
    let source = Arc::new(OutboxSource::new(users.clone(), Topic::User));
    let cancel = CancellationToken::new();
    let running = tokio::spawn(bus::run(Arc::new(copier(&bench)), source, cancel.clone()));

    let person = samples::person(&bench.ambient);
    let asking = Asking { least: 1, ..samples::asking(&bench.ambient, &person) };
    let event = user_event(&bench, &person, "user.created");
    let signing_up = users.write(move |c| Box::pin(async move { outbox::append(c, &event).await }));
    let (answer, signed_up) = tokio::join!(check(&bench.app, &asking), signing_up);
    signed_up.unwrap();
    assert_eq!(answer.unwrap().user, person.user);
    assert_eq!(bench.asked(), 0, "the event came in time, so nobody had to be asked");
    cancel.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
}
