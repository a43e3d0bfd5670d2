//! The first user of an empty platform is its admin: one, however many come at the same moment.

use berth_tests::{Berth, Person, Reply};
use futures::future::join_all;

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_first_sign_ups_one_is_admin() {
    let berth = Berth::start().await;
    let people: Vec<Person> = (0..50).map(|number| named(&berth, number)).collect();
    let made = join_all(people.iter().map(sign_up)).await;
    let admins = made.iter().filter(|reply| reply.expect(201)["admin"] == true).count();
    assert_eq!(admins, 1);
}

fn named(berth: &Berth, number: u32) -> Person {
    let mut person = berth.anyone();
    person.name = format!("person{number}");
    person.email = format!("person{number}@example.org");
    person
}

/// Hashing passwords has a queue; who does not get through is told to come again, and does.
async fn sign_up(person: &Person) -> Reply {
    let body = person.sign_up();
    let look = || person.post("/user/signup", &body);
    berth_tests::until("a sign-up to get through", look, |reply| reply.status != 503).await
}
