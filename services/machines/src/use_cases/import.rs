//! Fills an empty platform's catalogue with the machines that Berth ships with, or with an operator's own. Done once:
//! what an admin deletes afterwards does not come back.

use std::collections::BTreeMap;

use kit::machine::MachineSpec;
use kit::{Failure, MachineId};

use super::App;
use crate::domain::{Machine, Offer};

/// A machine as a person wrote it down, in YAML.
#[derive(Clone, Debug)]
pub struct CatalogueFile {
    /// For people who have to find the mistake.
    pub name: String,
    pub text: String,
}

/// Imports all files, unless that was done before. A broken file stops it, by its name, field and reason.
pub async fn import(app: &App, files: &[CatalogueFile]) -> Result<(), Failure> {
    if app.store.is_imported().await? {
        return Ok(());
    }
    let at = app.ambient.now();
    let machines = parse(files)?
        .into_iter()
        .map(|spec| Machine::create(MachineId::mint(&app.ambient), Offer { spec, active: true }, at))
        .collect::<Result<Vec<_>, _>>()?;
    if app.store.import(&machines, at).await? {
        tracing::info!(machines = machines.len(), "imported the catalogue");
    }
    Ok(())
}

/// Reads and checks every file; names are unique among them.
pub fn parse(files: &[CatalogueFile]) -> Result<Vec<MachineSpec>, Failure> {
    let mut named: BTreeMap<String, &str> = BTreeMap::new();
    let mut specs = Vec::with_capacity(files.len());
    for file in files {
        let spec = parse_one(file)?;
        if let Some(first) = named.insert(spec.name.clone(), &file.name) {
            return Err(broken(file, "name", &format!("{first} has a machine of this name already")));
        }
        specs.push(spec);
    }
    Ok(specs)
}

fn parse_one(file: &CatalogueFile) -> Result<MachineSpec, Failure> {
    let reader = serde_yaml_ng::Deserializer::from_str(&file.text);
    let spec: MachineSpec = serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        broken(file, &path, &error.into_inner().to_string())
    })?;
    spec.validate().map_err(|failure| broken(file, failure.field.as_deref().unwrap_or("."), &failure.detail))?;
    Ok(spec)
}

fn broken(file: &CatalogueFile, field: &str, why: &str) -> Failure {
    Failure::invalid(field, format!("The catalogue's file {} is broken at `{field}`: {why}", file.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> CatalogueFile {
        CatalogueFile { name: name.to_owned(), text: text.to_owned() }
    }

    const GOOD: &str = "
name: redis
category: database
image: redis:7.0
ports: [{name: redis, container_port: 6379}]
limits:
  default: {cpu: 0.5, memory: 64MiB, pids: 32, disk: 64MiB}
  maximum: {cpu: 1, memory: 1GiB, pids: 64, disk: 1GiB}
";

    fn refused(text: &str) -> Failure {
        parse(&[file("broken.yaml", text)]).unwrap_err()
    }

    #[test]
    fn every_shipped_file_is_whole() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalogue");
        let files: Vec<CatalogueFile> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
            .map(|path| file(&path.display().to_string(), &std::fs::read_to_string(&path).unwrap()))
            .collect();
        let names: Vec<String> = parse(&files).unwrap().into_iter().map(|spec| spec.name).collect();
        for name in ["redis", "postgres", "mariadb", "nginx"] {
            assert!(names.iter().any(|found| found == name), "{name} is not in {names:?}");
        }
    }

    #[test]
    fn a_broken_file_is_told_by_name_field_and_reason() {
        let failure = refused(&GOOD.replace("6379", "many"));
        assert_eq!(failure.field.as_deref(), Some("ports[0].container_port"));
        assert!(failure.detail.contains("broken.yaml") && failure.detail.contains("invalid type"), "{failure}");
        let failure = refused(&GOOD.replace("pids: 32", "pids: 320"));
        assert_eq!(failure.field.as_deref(), Some("limits.default"));
        assert!(refused(&format!("{GOOD}\nprivileged: true")).detail.contains("privileged"));
        assert!(refused(": [").detail.contains("broken.yaml"));
    }

    #[test]
    fn two_files_cannot_share_a_name() {
        let failure = parse(&[file("a.yaml", GOOD), file("b.yaml", GOOD)]).unwrap_err();
        assert!(failure.detail.contains("b.yaml") && failure.detail.contains("a.yaml"), "{failure}");
    }
}
