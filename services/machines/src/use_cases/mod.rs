//! What can be done with the catalogue, one verb a file.

mod create;
mod delete;
mod find;
mod import;
mod list;
mod update;

use std::sync::Arc;

use kit::Ambient;

use crate::ports::MachineStore;

pub use create::create;
pub use delete::delete;
pub use find::find;
pub use import::{CatalogueFile, import, parse};
pub use list::list;
pub use update::update;

/// What every use case has at hand.
#[derive(Clone)]
pub struct App {
    pub store: Arc<dyn MachineStore>,
    pub ambient: Ambient,
}
