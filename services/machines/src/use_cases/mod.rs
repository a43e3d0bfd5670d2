//! What can be done with the catalogue, one verb a file.

mod create;
mod delete;
mod find;
mod history;
mod import;
mod list;
mod read;
mod stand;
mod update;

use std::sync::Arc;

use kit::Ambient;

use crate::ports::{MachineStore, Standings};

pub use create::create;
pub use delete::delete;
pub use find::{find, find_at};
pub use history::history;
pub use import::import;
pub use list::list;
pub use read::{CatalogueFile, Mistake, read};
pub use stand::stand;
pub use update::update;

/// What every use case has at hand.
#[derive(Clone)]
pub struct App {
    pub store: Arc<dyn MachineStore>,
    pub standings: Arc<dyn Standings>,
    pub ambient: Ambient,
}
