//! Who there are certificates of, and how long they hold.

use std::io::Write;

use anyhow::{bail, ensure};
use kit::{Ambient, ServiceName};

use super::directory::{self, Directory};
use super::mint::{Authority, Known};

/// A line of the table.
struct Line {
    who: String,
    known: Known,
    remark: String,
}

/// Prints a table; a certificate that should have been renewed is a failure.
pub fn show(directory: &Directory, ambient: &Ambient, out: &mut impl Write) -> anyhow::Result<()> {
    let mut lines = services(directory)?;
    lines.extend(authorities(directory)?);
    let now = ambient.now();
    let width = lines.iter().map(|line| line.who.len()).max().unwrap_or_default();
    let days = |line: &Line| line.known.not_after.since(now).as_secs() / 86_400;
    for line in &lines {
        let until = line.known.not_after.to_string();
        let left = if line.known.not_after <= now { "expired".to_owned() } else { format!("{} days", days(line)) };
        let date = until.split('T').next().unwrap_or_default();
        writeln!(out, "{:width$}  {date}  {left:>9}  {}", line.who, line.remark)?;
    }
    let limit = now.plus(wire::tls::RENEW_BEFORE);
    let old: Vec<&Line> = lines.iter().filter(|line| line.known.not_after < limit).collect();
    if let Some(first) = old.iter().min_by_key(|line| line.known.not_after) {
        let others = if old.len() == 1 { String::new() } else { format!(" and {} more", old.len() - 1) };
        let verb = if first.known.not_after <= now { "has expired" } else { "expires" };
        bail!(
            "the certificate of {}{others}: {verb} at {}; run `berthd certs renew {}`",
            first.who,
            first.known.not_after,
            directory.path().display()
        );
    }
    Ok(())
}

/// Those that are here: a host may have but its own service's.
fn services(directory: &Directory) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for service in ServiceName::ALL {
        if !directory.service(service).exists() {
            continue;
        }
        let known = Known::service(directory, service)?;
        ensure!(known.service == Some(service), "{} is not of {service}", directory.service(service).display());
        lines.push(Line { who: service.to_string(), remark: known.names.0.join(", "), known });
    }
    ensure!(!lines.is_empty(), "{} holds no certificate of a service", directory.path().display());
    Ok(lines)
}

fn authorities(directory: &Directory) -> anyhow::Result<Vec<Line>> {
    let trusted = directory.trusted()?;
    let holder = |path: std::path::PathBuf| {
        let key = directory::read(&path).ok()?;
        Authority::read(&trusted, &key).ok().map(|authority| authority.pem().to_owned())
    };
    let (signs, waits) = (holder(directory.ca_key()), holder(directory.next_key()));
    let remark = |known: &Known| match &known.pem {
        pem if signs.as_ref() == Some(pem) => "trusted, signs",
        pem if waits.as_ref() == Some(pem) => "trusted, signs from the next renewal on",
        _ => "trusted",
    };
    let remarks: Vec<String> = trusted.iter().map(|known| remark(known).to_owned()).collect();
    let line = |(known, remark): (Known, String)| Line { who: known.subject.clone(), known, remark };
    Ok(trusted.into_iter().zip(remarks).map(line).collect())
}
