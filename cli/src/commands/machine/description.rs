//! A machine's description in a file: YAML or JSON, which is YAML too.

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;

/// What stands in a file, or in standard input for `-`. The platform says best what is wrong in it, unless it is no map.
pub fn read(path: &Path) -> Result<Value, Failure> {
    let shown = path.display();
    let text = text(path).map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}.")))?;
    match serde_yaml_ng::from_str(&text) {
        Ok(description @ Value::Object(_)) => Ok(description),
        Ok(_) => Err(Failure::usage(format!("{shown} does not describe a machine: `name: value` lines are expected."))),
        Err(error) => Err(Failure::usage(format!("{shown} is neither YAML nor JSON: {error}."))),
    }
}

fn text(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_text(text: &str) -> Result<Value, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    #[test]
    fn yaml_and_json_say_the_same() {
        let expected = json!({"name": "redis", "limits": {"default": {"cpu": 0.5, "memory": "128MiB"}}});
        let yaml = "# A comment.\nname: redis\nlimits:\n  default: {cpu: 0.5, memory: 128MiB}\n";
        assert_eq!(read_text(yaml).unwrap(), expected);
        assert_eq!(read_text(&expected.to_string()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_description_costs_no_request() {
        for text in ["", "redis", "- redis", "a: [", "1: 2\n? [x]\n: y"] {
            assert_eq!(read_text(text).unwrap_err().exit.code(), 2, "{text}");
        }
        assert_eq!(read(Path::new("/nowhere/at/all.yaml")).unwrap_err().exit.code(), 2);
    }

    #[test]
    fn every_machine_that_ships_can_be_read() {
        let catalogue = concat!(env!("CARGO_MANIFEST_DIR"), "/../catalogue");
        for entry in std::fs::read_dir(catalogue).unwrap() {
            let path = entry.unwrap().path();
            assert!(read(&path).unwrap()["name"].is_string(), "{}", path.display());
        }
    }
}
