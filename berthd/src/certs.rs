//! `berthd certs`: a CA of the platform's own and a certificate for each service, for `berthd serve`. Services find each
//! other's addresses elsewhere; what makes one the feed is the name in its certificate.

pub mod directory;
pub mod mint;
mod show;

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use kit::{Ambient, ServiceName};

use directory::Directory;
use mint::{Authority, Known, Names};

#[derive(Args)]
pub struct CertsArguments {
    #[command(subcommand)]
    command: CertsCommand,
}

#[derive(Subcommand)]
enum CertsCommand {
    /// Make a CA and a certificate for each of the eight services
    ///
    /// Writes `ca.pem` (every CA to trust), `ca.key` (keep it where no service runs) and `SERVICE.pem` (certificate and key,
    /// valid for 90 days) into DIR. A service needs `ca.pem` and its own file. Overwrites nothing.
    Init {
        dir: PathBuf,
        #[command(flatten)]
        names: NameArguments,
    },
    /// Make new certificates for the services
    ///
    /// They carry the names that the old ones had. Services that run take them up by themselves. After `--new-ca`, the next
    /// `renew` signs with the new CA.
    Renew {
        dir: PathBuf,
        /// Also make a second CA that is trusted beside the old one: copy `ca.pem` to every service, then renew again
        #[arg(long)]
        new_ca: bool,
        /// Trust only the CA that signs now: once every service has a certificate of it
        #[arg(long, conflicts_with = "new_ca")]
        drop_old_ca: bool,
        #[command(flatten)]
        names: NameArguments,
    },
    /// Say whose certificates there are and until when they hold
    ///
    /// Ends with 1 where one has less than 14 days to go.
    Show { dir: PathBuf },
}

#[derive(Args)]
struct NameArguments {
    /// A name or address that a service is reached at, besides localhost, 127.0.0.1 and its own name; may be repeated
    #[arg(long = "name", value_name = "SERVICE=DNS", value_parser = service_and_name)]
    names: Vec<(ServiceName, String)>,
}

fn service_and_name(text: &str) -> Result<(ServiceName, String), String> {
    let (service, name) = text.split_once('=').ok_or("SERVICE=DNS, for example user=user.berth.example")?;
    let service = service.parse().map_err(|error: kit::caller::NotAService| error.to_string())?;
    mint::name(name).map_err(|error| error.to_string())?;
    Ok((service, name.to_owned()))
}

/// Does what was asked.
pub fn run(arguments: &CertsArguments, ambient: &Ambient) -> anyhow::Result<()> {
    let out = &mut io::stdout().lock();
    match &arguments.command {
        CertsCommand::Init { dir, names } => init(&Directory::new(dir), &names.names, ambient, out),
        CertsCommand::Renew { dir, new_ca, drop_old_ca, names } => {
            let directory = Directory::new(dir);
            let wish = Wish { new_ca: *new_ca, drop_old_ca: *drop_old_ca };
            renew(&directory, wish, &names.names, ambient, out)
        }
        CertsCommand::Show { dir } => show::show(&Directory::new(dir), ambient, out),
    }
}

/// What `renew` is to do besides.
#[derive(Clone, Copy, Default)]
struct Wish {
    new_ca: bool,
    drop_old_ca: bool,
}

fn init(
    directory: &Directory,
    names: &[(ServiceName, String)],
    ambient: &Ambient,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    directory.make()?;
    if let Some(there) = directory.anything() {
        bail!("{} is there already: `berthd certs renew` makes new certificates", there.display());
    }
    let authority = Authority::mint(ambient)?;
    directory::write_secret(&directory.ca_key(), &authority.key_pem())?;
    directory::write(&directory.ca(), authority.pem())?;
    for service in ServiceName::ALL {
        let names = Names::of(service, names);
        directory::write_secret(&directory.service(service), &authority.certify(service, names, ambient)?)?;
    }
    writeln!(out, "made a CA and 8 certificates in {}; they hold for 90 days", directory.path().display())?;
    writeln!(out, "a service needs ca.pem and its own file; keep ca.key where no service runs")?;
    Ok(())
}

fn renew(
    directory: &Directory,
    wish: Wish,
    names: &[(ServiceName, String)],
    ambient: &Ambient,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let is_waiting = directory.next_key().exists();
    ensure!(
        !(is_waiting && wish.new_ca),
        "a new CA waits to sign already: run `berthd certs renew` without --new-ca once every service has its ca.pem"
    );
    // What services show now is of the old one, and this very run would be the first that signs with the new.
    ensure!(
        !(is_waiting && wish.drop_old_ca),
        "a new CA waits to sign, and every service still shows a certificate of the old one: run `berthd certs renew` \
         without --drop-old-ca, bring each service its new certificate, then drop the old CA"
    );
    let mut trusted = directory.trusted()?;
    if is_waiting {
        directory.promote()?;
        writeln!(
            out,
            "the new CA signs from here on; once every service is renewed, `--drop-old-ca` ends trust in the old"
        )?;
    }
    let authority = Authority::read(&trusted, &directory::read(&directory.ca_key())?)
        .with_context(|| format!("{} fits no certificate in ca.pem", directory.ca_key().display()))?;
    let before = trusted.len();
    trusted.retain(|known| known.not_after > ambient.now() && (!wish.drop_old_ca || known.pem == authority.pem()));
    if trusted.len() < before {
        writeln!(out, "{} trusted no longer", plural(before - trusted.len(), "CA is", "CAs are"))?;
    }
    if wish.new_ca {
        add_authority(directory, &mut trusted, ambient)?;
        writeln!(out, "made a second CA: copy ca.pem to every service, then run `berthd certs renew` again")?;
    }
    // Trust first: whoever reads its new certificate must know who signed it.
    directory::write(&directory.ca(), &bundle(&trusted))?;
    for service in ServiceName::ALL {
        let old = Known::service(directory, service)?;
        let names = Names::of(service, names).and(&old.names);
        directory::write_secret(&directory.service(service), &authority.certify(service, names, ambient)?)?;
    }
    writeln!(out, "renewed 8 certificates in {}; they hold for 90 days", directory.path().display())?;
    Ok(())
}

/// The key last: a CA without its key is only a name, a key without its CA could not be used.
fn add_authority(directory: &Directory, trusted: &mut Vec<Known>, ambient: &Ambient) -> anyhow::Result<()> {
    let next = Authority::mint(ambient)?;
    trusted.push(Known::read(next.pem())?);
    directory::write(&directory.ca(), &bundle(trusted))?;
    directory::write_secret(&directory.next_key(), &next.key_pem())
}

fn bundle(trusted: &[Known]) -> String {
    trusted.iter().map(|known| known.pem.as_str()).collect()
}

fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

#[cfg(test)]
mod tests;
