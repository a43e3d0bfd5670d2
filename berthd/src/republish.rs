//! `berthd republish SERVICE`: announces once more all that a service owns. For topics that were lost or made anew.

use bus::republish::Republish;
use kit::{Ambient, ServiceName};
use uuid::Uuid;

use crate::data_dir;
use crate::place::Place;
use crate::wiring::republished;

#[derive(clap::Args)]
pub struct RepublishArguments {
    /// user, machines or allocation
    service: ServiceName,
    /// Goes on behind this id, where an earlier run ended
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
    #[command(flatten)]
    place: Place,
}

pub async fn run(arguments: RepublishArguments, ambient: &Ambient) -> anyhow::Result<()> {
    let place = arguments.place.settle()?;
    let service = arguments.service;
    // On a server any number of processes write; a file has one writer.
    let file = place.config.store_of(service).is_none_or(|(_, named)| !named);
    let _lock = file.then(|| data_dir::lock(&place.data_dir)).transpose()?;
    if file {
        crate::marks::require_none(&place.data_dir)?;
    }
    let store = republished::store(service, &place.config, ambient).await?;
    let told = tell_all(store.as_ref(), service, arguments.after).await?;
    println!("{service}: announced {told} again");
    Ok(())
}

/// Announcements between two lines that tell how far it is.
const LINE: u64 = 1000;

/// All behind an id; how many. After a failure, what was told stays told, and telling it twice is harmless.
pub async fn tell_all(store: &dyn Republish, service: ServiceName, after: Option<Uuid>) -> anyhow::Result<u64> {
    let (mut total, mut after) = (0, after);
    loop {
        let told = store.announce_again(after).await.map_err(|failure| {
            let from = after.map(|id| format!(" --after {id}")).unwrap_or_default();
            anyhow::anyhow!("{failure}; go on with `berthd republish {service}{from}`")
        })?;
        if told.count == 0 {
            return Ok(total);
        }
        let before = total;
        total += u64::from(told.count);
        after = told.last.or(after);
        if let Some(last) = after.filter(|_| total / LINE > before / LINE) {
            println!("{service}: {total} announced so far, up to {last}");
        }
    }
}
