//! Fills an empty platform's catalogue with the machines that Berth ships with, or with an operator's own. Done once:
//! what an admin deletes afterwards does not come back.

use kit::machine::MachineSpec;
use kit::{Failure, MachineId};

use super::{App, CatalogueFile, Mistake, read};
use crate::domain::{Machine, Offer};

/// Imports all files, unless that was done before. A broken file stops it, by its name, field and reason.
pub async fn import(app: &App, files: &[CatalogueFile]) -> Result<(), Failure> {
    if app.store.is_imported().await? {
        return Ok(());
    }
    let at = app.ambient.now();
    let machines = whole(files)?
        .into_iter()
        .map(|spec| Machine::create(MachineId::mint(&app.ambient), Offer { spec, active: true }, at))
        .collect::<Result<Vec<_>, _>>()?;
    if app.store.import(&machines, at).await? {
        tracing::info!(machines = machines.len(), "imported the catalogue");
    }
    Ok(())
}

/// All files, or the first that is broken.
fn whole(files: &[CatalogueFile]) -> Result<Vec<MachineSpec>, Failure> {
    let broken = |file: &CatalogueFile, Mistake { field, sentence }| {
        let detail = format!("The catalogue's file {} is broken at `{field}`: {sentence}", file.name);
        Failure::invalid(&field, detail)
    };
    files.iter().zip(read(files)).map(|(file, found)| found.map_err(|mistake| broken(file, mistake))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_told_by_name_field_and_reason() {
        let file = CatalogueFile { name: "broken.yaml".into(), text: "name: redis\nports: 7".into() };
        let failure = whole(&[file]).unwrap_err();
        assert_eq!(failure.field.as_deref(), Some("ports"));
        assert!(failure.detail.contains("broken.yaml") && failure.detail.contains("invalid type"), "{failure}");
    }
}
