//! `berthd catalogue`: machines as files, checked by the rules that the running catalogue keeps, without a platform.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use berth_machines::use_cases::{CatalogueFile, Mistake, read};
use clap::{Args, Subcommand};
use kit::machine::MachineSpec;

#[derive(Args)]
pub struct CatalogueArguments {
    #[command(subcommand)]
    command: CatalogueCommand,
}

#[derive(Subcommand)]
enum CatalogueCommand {
    /// Say of each file whether it describes a machine, and where it does not
    ///
    /// Prints `FILE: ok (name, image, properties)` or the file's first mistake as `FILE: field: what should hold`. Names of
    /// machines must differ among all files. Ends with 1 where any file is broken; nothing is imported.
    Validate {
        /// Machines in YAML, or directories, of which every .yaml and .yml file is read
        #[arg(required = true, value_name = "FILE")]
        paths: Vec<PathBuf>,
    },
}

/// Does what was asked; a broken file is a failure.
pub fn run(arguments: &CatalogueArguments) -> anyhow::Result<()> {
    match &arguments.command {
        CatalogueCommand::Validate { paths } => validate(paths, &mut io::stdout().lock()),
    }
}

fn validate(paths: &[PathBuf], out: &mut impl Write) -> anyhow::Result<()> {
    let (mut files, mut broken) = (Vec::new(), 0);
    for path in paths {
        match read_path(path) {
            Ok(found) => files.extend(found),
            Err(error) => {
                broken += 1;
                writeln!(out, "{}: .: {error}", path.display())?;
            }
        }
    }
    let found = read(&files);
    broken += found.iter().filter(|found| found.is_err()).count();
    for (file, found) in files.iter().zip(found) {
        writeln!(out, "{}: {}", file.name, verdict(found))?;
    }
    match broken {
        0 => Ok(()),
        1 => bail!("1 file is broken"),
        many => bail!("{many} files are broken"),
    }
}

fn verdict(found: Result<MachineSpec, Mistake>) -> String {
    match found {
        Err(Mistake { field, sentence }) => format!("{field}: {sentence}"),
        Ok(spec) => {
            let count = match spec.properties.len() {
                1 => "1 property".to_owned(),
                many => format!("{many} properties"),
            };
            format!("ok ({}, {}, {count})", spec.name, spec.image)
        }
    }
}

/// One file, or all of a directory; a directory without any is a mistake of whoever named it.
fn read_path(path: &Path) -> io::Result<Vec<CatalogueFile>> {
    if !path.is_dir() {
        return Ok(vec![read_file(path)?]);
    }
    let files = read_directory(path)?;
    if files.is_empty() {
        return Err(io::Error::other("no .yaml or .yml file is in this directory"));
    }
    Ok(files)
}

/// Every YAML file of a directory. The file system's order is its own: they come sorted by name, so that ids and events
/// come in the same order on every machine.
pub fn read_directory(directory: &Path) -> io::Result<Vec<CatalogueFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(read_file(&path)?);
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn read_file(path: &Path) -> io::Result<CatalogueFile> {
    Ok(CatalogueFile { name: path.display().to_string(), text: std::fs::read_to_string(path)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIS: &str = include_str!("../../catalogue/redis.yaml");

    /// Whether all was well, and the lines that were printed, with the directory's path cut off.
    fn validated(files: &[(&str, &str)], asked: &[&str]) -> (Result<(), String>, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        let paths: Vec<PathBuf> = asked.iter().map(|name| directory.path().join(name)).collect();
        let mut out = Vec::new();
        let done = validate(&paths, &mut out).map_err(|error| error.to_string());
        let prefix = format!("{}/", directory.path().display());
        let lines = String::from_utf8(out).unwrap().replace(&prefix, "");
        (done, lines.lines().map(str::to_owned).collect())
    }

    #[test]
    fn a_whole_file_is_ok_by_name_image_and_properties() {
        let (done, lines) = validated(&[("a.yaml", REDIS)], &["a.yaml"]);
        assert_eq!((done, lines), (Ok(()), vec!["a.yaml: ok (redis, redis:7.0, 1 property)".to_owned()]));
    }

    #[test]
    fn each_broken_file_is_told_by_its_first_mistake() {
        let files = [
            ("a.yaml", REDIS.replace("6379", "many")),
            ("b.yaml", REDIS.replace("min: 8", "min: 80")),
            ("c.yaml", REDIS.to_owned()),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let (done, lines) = validated(&files, &[""]);
        assert_eq!(done, Err("2 files are broken".to_owned()));
        assert!(lines[0].starts_with("a.yaml: ports[0].container_port: invalid type"), "{lines:?}");
        assert!(lines[1].starts_with("b.yaml: properties.min: ") && lines[1].contains("`password`"), "{lines:?}");
        assert!(lines[2].starts_with("c.yaml: ok "), "{lines:?}");
    }

    #[test]
    fn a_name_is_taken_once_among_all_files() {
        let (done, lines) = validated(&[("a.yaml", REDIS), ("b.yml", REDIS)], &["a.yaml", "b.yml"]);
        assert_eq!(done, Err("1 file is broken".to_owned()));
        assert!(lines[1].starts_with("b.yml: name: ") && lines[1].contains("a.yaml"), "{lines:?}");
    }

    #[test]
    fn what_cannot_be_read_is_told_and_hides_nothing() {
        let (done, lines) = validated(&[("a.yaml", REDIS)], &["none.yaml", "a.yaml"]);
        assert_eq!(done, Err("1 file is broken".to_owned()));
        assert!(lines[0].starts_with("none.yaml: .: ") && lines[1].starts_with("a.yaml: ok"), "{lines:?}");
        let (done, lines) = validated(&[("notes.txt", "")], &[""]);
        assert!(done.is_err() && lines[0].contains("no .yaml or .yml file"), "{lines:?}");
    }

    #[test]
    fn every_shipped_machine_is_whole() {
        let catalogue = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogue"));
        let mut out = Vec::new();
        validate(&[catalogue], &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().lines().count() >= 8);
    }
}
