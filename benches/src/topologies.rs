//! The same calls to one process on embedded stores and to eight on real servers, in turn and in one run; how long an event
//! takes to the verifier; and what each process costs at rest. Prints a table with ratios; asserts nothing.

mod cost;
mod side;
mod stats;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use side::{Call, Side};
use stats::Sample;

/// Rounds of each call on either side; the first tenth warms up.
const ROUNDS: usize = 200;
/// Clients at once, for requests a second.
const CLIENTS: usize = 16;
const SPAN: Duration = Duration::from_secs(5);
const SIGN_UPS: usize = 100;
const REST: Duration = Duration::from_secs(30);

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [embedded, embedded_dir, distributed, cluster_dir] = &arguments[..] else {
        anyhow::bail!("usage: bench-topologies URL DATA-DIR CLUSTER-URL CLUSTER-DIR");
    };
    let ring = rustls::crypto::ring::default_provider().install_default();
    ensure!(ring.is_ok(), "TLS was set up twice");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run([(embedded, embedded_dir), (distributed, cluster_dir)]))
}

async fn run(sides: [(&String, &String); 2]) -> anyhow::Result<()> {
    let mut embedded = Side::open(sides[0].0, sides[0].1).await.context("the embedded platform")?;
    let mut distributed = Side::open(sides[1].0, sides[1].1).await.context("the cluster")?;
    println!(
        "| call | embedded p50/p99 ms | distributed p50/p99 ms | ratio p50 | embedded/s | distributed/s | ratio |"
    );
    println!("|---|---|---|---|---|---|---|");
    for call in Call::ALL {
        embedded.log_in().await?;
        distributed.log_in().await?;
        let (mut here, mut there) = (Sample::default(), Sample::default());
        for round in 0..ROUNDS {
            let (a, b) = (embedded.time(call).await?, distributed.time(call).await?);
            if round >= ROUNDS / 10 {
                here.add(a);
                there.add(b);
            }
        }
        let (each, all) = (embedded.rate(call, CLIENTS, SPAN).await?, distributed.rate(call, CLIENTS, SPAN).await?);
        let ratio = there.at(0.5) / here.at(0.5);
        println!(
            "| {} | {} | {} | {ratio:.2} | {each:.0} | {all:.0} | {:.2} |",
            call.name(),
            show(&here),
            show(&there),
            all / each
        );
    }
    arrival("embedded", &embedded).await?;
    arrival("distributed", &distributed).await?;
    at_rest(&embedded, &distributed).await
}

fn show(sample: &Sample) -> String {
    format!("{:.2}/{:.2}", sample.at(0.5), sample.at(0.99))
}

/// From sending a sign-up to the verifier having its event, as its counter of events says.
async fn arrival(name: &str, side: &Side) -> anyhow::Result<()> {
    let mut sample = Sample::default();
    for _ in 0..SIGN_UPS {
        let before = side.taken_in().await?;
        let answered = side.sign_up_somebody().await?;
        while side.taken_in().await? <= before {
            ensure!(answered.elapsed() < Duration::from_secs(10), "the verifier heard nothing in 10 s");
        }
        sample.add(answered.elapsed());
    }
    println!("\nSign-up answered to event in the verifier, {name}: p50/p99 {} ms", show(&sample));
    Ok(())
}

async fn at_rest(embedded: &Side, distributed: &Side) -> anyhow::Result<()> {
    let processes: Vec<_> = [embedded.processes()?, distributed.processes()?].concat();
    let before: Vec<_> = processes.iter().map(|(_, pid)| cost::cpu_seconds(*pid)).collect::<Result<_, _>>()?;
    let began = Instant::now();
    tokio::time::sleep(REST).await;
    let span = began.elapsed().as_secs_f64();
    println!("\n| process at rest | resident MiB | proportional MiB | CPU % of a core |\n|---|---|---|---|");
    let mut all = [0.0; 3];
    for ((name, pid), before) in processes.iter().zip(before) {
        let spent = [
            cost::resident_mib(*pid)?,
            cost::proportional_mib(*pid)?,
            (cost::cpu_seconds(*pid)? - before) / span * 100.0,
        ];
        println!("| {name} | {:.1} | {:.1} | {:.2} |", spent[0], spent[1], spent[2]);
        if name != "embedded" {
            all.iter_mut().zip(spent).for_each(|(sum, part)| *sum += part);
        }
    }
    println!("| the eight together | {:.1} | {:.1} | {:.2} |", all[0], all[1], all[2]);
    Ok(())
}
