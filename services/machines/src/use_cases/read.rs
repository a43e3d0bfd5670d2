//! Reads machines as people write them down, with the rules that requests are held to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use kit::machine::MachineSpec;

/// A machine as a person wrote it down, in YAML.
#[derive(Clone, Debug)]
pub struct CatalogueFile {
    /// For people who have to find the mistake.
    pub name: String,
    pub text: String,
}

/// The first thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// `ports[0].container_port`; `.` for the whole file.
    pub field: String,
    pub sentence: String,
}

/// What each file says, in their order. Of two with one machine's name the later is the mistake.
pub fn read(files: &[CatalogueFile]) -> Vec<Result<MachineSpec, Mistake>> {
    let mut named: BTreeMap<String, &str> = BTreeMap::new();
    let mut check = |file| {
        let spec = read_one(file)?;
        match named.entry(spec.name.clone()) {
            Entry::Vacant(free) => {
                free.insert(&file.name);
                Ok(spec)
            }
            Entry::Occupied(first) => {
                let sentence = format!("{} has a machine called {} already.", first.get(), spec.name);
                Err(Mistake { field: "name".to_owned(), sentence })
            }
        }
    };
    files.iter().map(&mut check).collect()
}

fn read_one(file: &CatalogueFile) -> Result<MachineSpec, Mistake> {
    let reader = serde_yaml_ng::Deserializer::from_str(&file.text);
    let spec: MachineSpec = serde_path_to_error::deserialize(reader).map_err(|error| {
        // `?` is a place that has no name yet, because the text is no YAML.
        let field = error.path().to_string().replace('?', ".");
        let sentence = error.into_inner().to_string();
        // The YAML reader says the place too, where it knows it.
        let sentence = sentence.strip_prefix(&format!("{field}: ")).unwrap_or(&sentence).to_owned();
        Mistake { field, sentence }
    })?;
    spec.validate().map_err(|failure| Mistake {
        field: failure.field.unwrap_or_else(|| ".".to_owned()),
        sentence: failure.detail,
    })?;
    Ok(spec)
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

    fn refused(text: &str) -> Mistake {
        read(&[file("broken.yaml", text)]).remove(0).unwrap_err()
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
        let names: Vec<String> = read(&files).into_iter().map(|spec| spec.unwrap().name).collect();
        for name in ["redis", "postgres", "mariadb", "nginx", "memcached", "mosquitto", "dokuwiki", "notebook"] {
            assert!(names.iter().any(|found| found == name), "{name} is not in {names:?}");
        }
    }

    #[test]
    fn a_mistake_is_told_by_field_and_reason() {
        let mistake = refused(&GOOD.replace("6379", "many"));
        assert_eq!(mistake.field, "ports[0].container_port");
        assert!(mistake.sentence.starts_with("invalid type"), "{mistake:?}");
        assert_eq!(refused(&GOOD.replace("pids: 32", "pids: 320")).field, "limits.default");
        assert!(refused(&format!("{GOOD}\nprivileged: true")).sentence.contains("privileged"));
        assert_eq!(refused(": [").field, ".");
    }

    #[test]
    fn two_files_cannot_share_a_name_and_one_mistake_hides_no_other() {
        let files = [file("a.yaml", GOOD), file("b.yaml", "{}"), file("c.yaml", GOOD), file("d.yaml", ":")];
        let found = read(&files);
        assert!(found[0].is_ok());
        let mistakes: Vec<&Mistake> = found[1..].iter().map(|found| found.as_ref().unwrap_err()).collect();
        assert!(mistakes[1].field == "name" && mistakes[1].sentence.contains("a.yaml"), "{mistakes:?}");
    }
}
