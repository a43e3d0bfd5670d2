//! Allocate to first answer beside `docker run` to first answer, in turn, 30 times each; and what an idle `berthd`
//! keeps in memory with none and with 20 allocations. Prints milliseconds and ratios; asserts nothing.

mod platform;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use platform::Platform;

const REPETITIONS: usize = 30;
/// What Berth gives a Redis by default, said to Docker.
const PEER: &[&str] = &[
    "--memory=128m",
    "--memory-swap=128m",
    "--cpus=0.5",
    "--pids-limit=64",
    "--cap-drop=ALL",
    "--read-only",
    "--init",
    "--security-opt=no-new-privileges",
    "--user=999:999",
    "--tmpfs=/tmp:size=16m",
    "--tmpfs=/data:size=64m,mode=1777",
];
const PEER_PORT: u16 = 19_999;

fn main() -> anyhow::Result<()> {
    let berthd = std::env::args().nth(1).context("usage: bench-allocate PATH-OF-BERTHD")?;
    let ring = rustls::crypto::ring::default_provider().install_default();
    ensure!(ring.is_ok(), "TLS was set up twice");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(&berthd))
}

async fn run(berthd: &str) -> anyhow::Result<()> {
    let platform = Platform::start(berthd).await?;
    println!("idle berthd, no allocation: {:.1} MiB resident", platform.resident_mib()?);
    let (mut ours, mut bridge, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=REPETITIONS {
        let samples = [allocate(&platform).await?, docker_run("bridge").await?, docker_run_on_own_network().await?];
        // The first round warms caches and is not counted.
        if round > 0 {
            ours.push(samples[0]);
            bridge.push(samples[1]);
            own.push(samples[2]);
        }
    }
    let ours = report("berth: POST /allocations to PONG", &mut ours, None);
    report("docker run -d, default bridge, to PONG", &mut bridge, Some(ours));
    report("docker run -d, network of its own, to PONG", &mut own, Some(ours));
    let made = platform.hold(20).await?;
    println!("idle berthd, {made} allocations: {:.1} MiB resident", platform.resident_mib()?);
    platform.stop().await
}

async fn allocate(platform: &Platform) -> anyhow::Result<f64> {
    let began = Instant::now();
    let allocation = platform.create_redis(true).await?;
    let (port, password) = platform.connection(&allocation).await?;
    first_answer(port, Some(&password)).await?;
    let took = began.elapsed();
    platform.remove(&allocation).await?;
    Ok(took.as_secs_f64() * 1e3)
}

async fn docker_run(network: &str) -> anyhow::Result<f64> {
    let began = Instant::now();
    docker(&peer_arguments(network))?;
    first_answer(PEER_PORT, None).await?;
    let took = began.elapsed();
    docker(&["rm", "-f", "berth-bench-peer"])?;
    Ok(took.as_secs_f64() * 1e3)
}

/// What a tenant of its own costs Docker: a network, then the container.
async fn docker_run_on_own_network() -> anyhow::Result<f64> {
    let began = Instant::now();
    docker(&["network", "create", "berth-bench-peer"])?;
    docker(&peer_arguments("berth-bench-peer"))?;
    first_answer(PEER_PORT, None).await?;
    let took = began.elapsed();
    docker(&["rm", "-f", "berth-bench-peer"])?;
    docker(&["network", "rm", "berth-bench-peer"])?;
    Ok(took.as_secs_f64() * 1e3)
}

fn peer_arguments(network: &str) -> Vec<String> {
    let publish = format!("127.0.0.1:{PEER_PORT}:6379");
    let mut arguments: Vec<String> =
        ["run", "-d", "--name=berth-bench-peer", "-p", &publish, "--network", network].map(str::to_owned).to_vec();
    arguments.extend(PEER.iter().map(|text| (*text).to_owned()));
    arguments.extend(["redis:7.0", "redis-server", "--protected-mode", "no", "--dir", "/data"].map(str::to_owned));
    arguments
}

fn docker(arguments: &[impl AsRef<std::ffi::OsStr>]) -> anyhow::Result<()> {
    let status = Command::new("/usr/bin/docker").args(arguments).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "docker said no");
    Ok(())
}

/// Asks until Redis answers PONG.
async fn first_answer(port: u16, password: Option<&str>) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut asked = String::new();
    if let Some(password) = password {
        asked = format!("AUTH default {password}\r\n");
    }
    asked.push_str("PING\r\n");
    while Instant::now() < deadline {
        if let Ok(answer) = ask(port, &asked)
            && answer.contains("PONG")
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    anyhow::bail!("no PONG on port {port} within 30 s")
}

fn ask(port: u16, text: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    let mut buffer = [0; 256];
    while !answer.contains("PONG") {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        answer.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    Ok(answer)
}

/// Prints a row and gives its median; with a base, the base's share of it.
fn report(what: &str, samples: &mut [f64], base: Option<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let at = |share: f64| samples[((samples.len() - 1) as f64 * share).round() as usize];
    let (p50, p95) = (at(0.5), at(0.95));
    let ratio = base.map(|base| format!("; berth's p50 is {:.2} of it", base / p50)).unwrap_or_default();
    println!("{what}: p50 {p50:.0} ms, p95 {p95:.0} ms ({} times){ratio}", samples.len());
    p50
}
