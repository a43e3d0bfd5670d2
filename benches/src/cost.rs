//! What a process costs, as the kernel counts it.

use anyhow::Context as _;

/// The kernel counts in hundredths of a second on every machine that Berth runs on.
const TICKS: f64 = 100.0;

pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).context("no such field");
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

pub fn resident_mib(pid: u32) -> anyhow::Result<f64> {
    kib(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// Pages that several processes share count in parts.
pub fn proportional_mib(pid: u32) -> anyhow::Result<f64> {
    kib(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

fn kib(file: &str, name: &str) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(file)?;
    let line =
        text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("{file} has no {name}"))?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
}
