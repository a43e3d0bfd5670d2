//! Each backing server in turn away at start, killed, stalled and slow, under a steady load of the main calls: what needs it says
//! so in time, the rest goes on, and afterwards nothing is lost, nothing happened twice, and nobody had to start anything again.

mod client;
mod load;
mod moving;
mod rebuild;
mod replicas;
mod rolling;
mod servers;
mod way;
mod wish;

use berth_tests::berth::subject_of;
use berth_tests::{Berth, until};
use servers::{Fault, KINDS, Servers};
use testkit::servers::Kind;

use load::{Call, Load};
use wish::Wish;

/// How many codes went to an address.
fn codes(berth: &Berth, email: &str) -> usize {
    berth.mails(email).iter().filter(|mail| subject_of(mail).contains("code")).count()
}

/// Which calls need a server. The others must not notice that it is away.
const fn needed_by(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::MariaDb => &[Call::SignUp, Call::Login, Call::Allocations, Call::Like],
        Kind::MongoDb => &[Call::Machine, Call::Machines, Call::Allocations, Call::Like],
        Kind::Cassandra => &[Call::Like],
        Kind::Redis | Kind::RedisCluster => &[Call::SignUp, Call::Login],
        Kind::Kafka => &[],
    }
}

/// Which calls have to be refused while it is away. What else needs it may be answered from copies for a while.
const fn refused_without(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::MariaDb => &[Call::SignUp, Call::Login, Call::Allocations],
        Kind::MongoDb => &[Call::Machine, Call::Machines],
        Kind::Cassandra => &[Call::Like],
        Kind::Redis | Kind::RedisCluster => &[Call::SignUp, Call::Login],
        Kind::Kafka => &[],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_away_comes_back_and_nothing_is_lost() {
    let servers = Servers::start().await;
    let berth = Berth::cluster(&servers.variables()).await;
    let (ada, bob) = (berth.person("ada").await, berth.person("bob").await);
    let processes = berth.processes();
    let machine = ada.machine("redis").await;
    let load = Load::start(&berth, &ada, &bob, &machine).await;
    load.until_all_well("before anything fails").await;
    for kind in KINDS {
        for fault in Fault::ALL {
            let what = format!("{kind:?} {fault:?}");
            eprintln!("{what}");
            servers.strike(kind, fault);
            if fault == Fault::Slow {
                load.until_all_answered(&what).await;
            } else {
                load.until_refused(refused_without(kind), &what).await;
            }
            let wish = Wish::ask(&ada, &machine, format!("{kind:?}-{fault:?}").to_lowercase()).await;
            load.until_others_went_on(needed_by(kind), &what).await;
            servers.mend(kind, fault).await;
            load.until_all_well(&format!("after {what}")).await;
            wish.fulfil(&berth, &ada).await;
        }
    }
    let accepted = load.stop().await;
    accepted.check(&berth, &ada).await;
    assert_eq!(berth.processes(), processes, "no process was started again");
}

/// Starts every process anew. The door is the first that answers.
async fn start_anew(berth: &mut Berth) {
    berth.kill().await;
    berth.launch();
    let door = berth.url.trim_start_matches("http://").to_owned();
    let knock = || async { tokio::net::TcpStream::connect(&door).await.is_ok() };
    until("the door to be open", knock, |open| *open).await;
}

async fn ready(berth: &Berth) {
    until("all to be ready", || async { berth.anyone().get("/readyz").await.status }, |status| *status == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_may_be_away_at_the_start() {
    let servers = Servers::start().await;
    let mut berth = Berth::cluster(&servers.variables()).await;
    let (ada, bob) = (berth.person("ada").await, berth.person("bob").await);
    let machine = ada.machine("redis").await;
    for kind in KINDS {
        let what = format!("{kind:?} away at the start");
        eprintln!("{what}");
        servers.strike(kind, Fault::Killed);
        start_anew(&mut berth).await;
        let load = Load::start(&berth, &ada, &bob, &machine).await;
        load.until_refused(refused_without(kind), &what).await;
        load.until_others_went_on(needed_by(kind), &what).await;
        servers.mend(kind, Fault::Killed).await;
        load.until_all_well(&format!("after {what}")).await;
        load.stop().await.check(&berth, &ada).await;
        ready(&berth).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_servers_may_be_away_at_the_start() {
    let servers = Servers::start().await;
    let mut berth = Berth::cluster(&servers.variables()).await;
    for kind in KINDS {
        servers.strike(kind, Fault::Killed);
    }
    start_anew(&mut berth).await;
    let waits = || async { berth.anyone().get("/readyz").await };
    let told = until("every service to say what it waits for", waits, |reply| {
        reply.status == 503 && reply.text.matches("\"ready\":false").count() >= 5
    });
    told.await;
    for kind in KINDS {
        servers.mend(kind, Fault::Killed).await;
    }
    ready(&berth).await;
    berth.person("ada").await;
}
