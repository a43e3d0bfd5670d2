//! Tells how machines stand with their users. The feed counts; a catalogue without numbers is better than none.

use kit::MachineId;

use super::App;
use crate::domain::{Machine, Standing};

/// One for each machine, in their order and in one question; all `None` where the feed does not answer in time.
pub async fn stand(app: &App, machines: &[Machine]) -> Vec<Option<Standing>> {
    if machines.is_empty() {
        return Vec::new();
    }
    let ids: Vec<MachineId> = machines.iter().map(|machine| machine.id).collect();
    match app.standings.of(&ids).await {
        Ok(known) => ids.iter().map(|id| Some(known.get(id).copied().unwrap_or_default())).collect(),
        Err(error) => {
            tracing::debug!(%error, "machines are shown without their counts");
            vec![None; ids.len()]
        }
    }
}
