//! Background work: what drives sagas, what makes engine and ledger agree, what keeps tables small.

mod census;
mod housekeeping;
mod reconcile;
mod work;

pub use census::TakeCensus;
pub use housekeeping::Housekeeping;
pub use reconcile::Reconcile;
pub use work::{WorkTask, work_on};

use std::sync::Arc;

use kit::Ambient;

use crate::ports::{AllocationFleet, Engine};

/// What the tasks work with.
#[derive(Clone)]
pub struct Hands {
    pub fleet: Arc<dyn AllocationFleet>,
    pub engine: Arc<dyn Engine>,
    pub ambient: Ambient,
}
