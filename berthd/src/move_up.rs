//! `berthd move --to CONFIG`: takes what an embedded platform keeps in its data directory to the servers that a configuration
//! names. Containers, volumes and logs stay where they are, and so do the installation's id and the master key.

mod drain;
mod progress;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use kit::{Ambient, ServiceName};
use sql::Database;
use sql::copying;
use sql::tables::{self, Table};

use crate::config::Config;
use crate::data_dir;
use crate::marks::Mark;
use crate::place::{Place, Settled};
use crate::serve::events;
use crate::wiring::{self, moving, republished};
use crate::{backup, republish};
use progress::Progress;

#[derive(clap::Args)]
pub struct MoveArguments {
    /// The configuration that the services will run with; it names the servers
    #[arg(long, value_name = "CONFIG")]
    to: PathBuf,
    /// Makes the data directory the platform's again, where no service has run on the servers yet
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    place: Place,
}

/// Whose topics are filled.
const OWNERS: [ServiceName; 3] = [ServiceName::User, ServiceName::Machines, ServiceName::Allocation];

pub async fn run(arguments: MoveArguments, ambient: &Ambient) -> anyhow::Result<()> {
    let place = arguments.place.embedded()?;
    let to = Config::load(Some(&arguments.to))?;
    backup::whole(&place.data_dir)?;
    let _lock = data_dir::lock(&place.data_dir)?;
    ensure!(
        !Mark::Restoring.is_set(&place.data_dir),
        "a restore was interrupted here: run `berthd restore` again first"
    );
    if arguments.undo {
        return undo(&place, &to, ambient).await;
    }
    ensure!(!Mark::Moved.is_set(&place.data_dir), "{} was moved already", place.data_dir.display());
    check(&place, &to)?;
    share_identity(&place, &to, ambient)?;
    for name in ServiceName::ALL {
        wiring::migrate(name, &to, ambient).await.with_context(|| format!("{name}'s database"))?;
    }
    let progress = begin(&place, &to, ambient).await?;
    drain::drain(&place, ambient).await?;
    for service in moving::SERVICES {
        copy(service, &place, &to, ambient).await?;
    }
    let progress = tell(&place, &to, progress, ambient).await?;
    // From here on the servers are the platform's.
    progress.end(&place.data_dir, ambient.now())?;
    farewell(&place, &to);
    Ok(())
}

/// What can be known before anything is written.
fn check(place: &Settled, to: &Config) -> anyhow::Result<()> {
    to.validate()?;
    for name in ServiceName::ALL {
        to.apart(name)?;
    }
    events::settings(to)?;
    let (old, new) = (&place.config.site, &to.site);
    ensure!(
        old.id == new.id,
        "site.id is {} here and {} there: containers carry it, so it has to stay",
        old.id,
        new.id
    );
    Ok(())
}

/// The two small files that the services will share hold what this platform has; where they are missing, copies are made.
fn share_identity(place: &Settled, to: &Config, ambient: &Ambient) -> anyhow::Result<()> {
    let (id, key) = data_dir::present(&place.installation, &place.master_key)?;
    let named = [
        ("installation_file", &to.installation_file, id.to_string()),
        ("master_key_file", &to.master_key_file, key.encode()),
    ];
    for (setting, file, text) in named {
        let file = file.as_ref().with_context(|| format!("{setting} has to name the file that all services share"))?;
        match data_dir::read(file)? {
            Some(present) if present.trim() != text => {
                bail!(
                    "{} ({setting}) is another platform's: name this one's, or a file that is not there",
                    file.display()
                )
            }
            Some(_) => {}
            None => data_dir::make(file, ambient, || text)?,
        }
    }
    Ok(())
}

/// Notes that a move begins, before anything is written; a target that somebody else wrote to is refused.
async fn begin(place: &Settled, to: &Config, ambient: &Ambient) -> anyhow::Result<Progress> {
    let places = moving::places(to);
    if let Some(text) = Mark::Moving.read(&place.data_dir)? {
        let progress = Progress::read(&text)?;
        progress.require(&places)?;
        println!("going on with the move that was begun at {}", progress.begun_at);
        return Ok(progress);
    }
    let filled = moving::filled_topics(to).await.context("Kafka")?;
    ensure!(
        filled.is_empty(),
        "topics of kafka.topic_prefix hold events already, of another platform or of an earlier try: {}; delete them, or \
         take another prefix",
        filled.join(", ")
    );
    for service in moving::SERVICES {
        let (file, tables) = open(service, place).await?;
        let target = moving::target(service, to, ambient).await?;
        let occupied = target.occupied(&tables).await?;
        file.close().await;
        if let Some(table) = occupied {
            bail!("{table} of {service}'s database is not empty: a move goes to databases that nothing is in");
        }
    }
    let progress = Progress { begun_at: ambient.now(), to: places, told: Vec::new(), moved_at: None };
    progress.save(&place.data_dir)?;
    Ok(progress)
}

async fn open(service: ServiceName, place: &Settled) -> anyhow::Result<(Database, Vec<Table>)> {
    let path = place.data_dir.join(format!("{service}.db"));
    let file = Database::open(&path, &[&bus::MIGRATIONS, moving::tables(service)]).await?;
    let tables = tables::of_file(file.readers()).await?;
    Ok((file, tables))
}

/// One service's tables; each is read back and compared.
async fn copy(service: ServiceName, place: &Settled, to: &Config, ambient: &Ambient) -> anyhow::Result<()> {
    let (file, tables) = open(service, place).await?;
    let target = moving::target(service, to, ambient).await?;
    let (began, mut rows, mut number) = (Instant::now(), 0, 0);
    for table in moving::in_order(&tables).into_iter().filter(|table| target.takes(&table.name)) {
        let copied = copying::copy(file.readers(), target.as_ref(), table).await;
        rows += copied.with_context(|| format!("{service}: {}", table.name))?.rows;
        number += 1;
    }
    file.close().await;
    println!("{service}: {number} tables, {rows} rows, compared, in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// Fills the topics, as soon as there is somebody who sends what waits in the outboxes.
async fn tell(place: &Settled, to: &Config, mut progress: Progress, ambient: &Ambient) -> anyhow::Result<Progress> {
    for service in OWNERS {
        if progress.told.iter().any(|told| told == service.as_str()) {
            continue;
        }
        let store = republished::store(service, to, ambient).await?;
        let told = republish::tell_all(store.as_ref(), service, None).await?;
        progress.told.push(service.to_string());
        progress.save(&place.data_dir)?;
        println!("{service}: {told} announced for the topics");
    }
    Ok(progress)
}

async fn undo(place: &Settled, to: &Config, ambient: &Ambient) -> anyhow::Result<()> {
    let progress = Progress::of(&place.data_dir)?;
    let progress = progress.with_context(|| format!("no move was begun in {}", place.data_dir.display()))?;
    for name in ServiceName::ALL {
        to.apart(name)?;
    }
    progress.require(&moving::places(to))?;
    if let Some(service) = moving::served(to, &progress.told, ambient).await? {
        bail!("{service} has run on its server since: what happened there would be lost");
    }
    Mark::Moved.clear(&place.data_dir)?;
    Mark::Moving.clear(&place.data_dir)?;
    println!("{} is the platform's again; drop the databases before the next move:", place.data_dir.display());
    for (service, place) in moving::places(to) {
        println!("  {service}: {place}");
    }
    Ok(())
}

fn farewell(place: &Settled, to: &Config) {
    let directory = place.data_dir.display();
    println!("moved; start the services with the new configuration (`berthd serve`), and let the one for docker keep");
    println!("  data_dir = \"{directory}\"");
    println!(
        "where its logs and volumes are. The other databases there are of no use any more; `berthd up` refuses them."
    );
    if to.data_dir != place.data_dir {
        println!("warning: the configuration has data_dir = \"{}\"", to.data_dir.display());
    }
}
