//! Whether the configuration can be read at all: each key that nobody knows, with the nearest that is known, and each value
//! that is none. `Config::load` ends at the first; whoever mends a file wants them all.

use figment::Figment;
use figment::error::{Error, Kind};
use figment::value::{Dict, Value};

use super::finding::{Check, Finding};
use crate::config::Config;

const SOURCES: Check = Check::new("config.sources", "The file and the variables can be read");
const KEYS: Check = Check::new("config.keys", "Every key in the file and in the environment is known");
const VALUES: Check = Check::new("config.values", "Every value is of its key's kind");

pub const CHECKS: &[Check] = &[SOURCES, KEYS, VALUES];

/// What can be read, and what cannot. Without findings above `ok` the configuration is whole.
pub fn read(sources: &Figment) -> (Vec<Finding>, Option<Config>) {
    let mut tree = match sources.extract::<Value>() {
        Ok(tree) => tree,
        Err(error) => {
            let told = format!("the configuration cannot be read: {}", one_line(&error));
            return (vec![SOURCES.wrong(told, "mend the file that --config or BERTH_CONFIG names")], None);
        }
    };
    let mut findings = Vec::new();
    loop {
        let error = match tree.deserialize::<Config>() {
            Ok(config) if findings.is_empty() => return (vec![KEYS.ok("every key is known")], Some(config)),
            Ok(_) => return (findings, None),
            Err(error) => error,
        };
        let path = path_of(&error);
        let from = sources.find_metadata(&path).map(origin).unwrap_or_default();
        findings.push(judge(&error, &path, &from));
        if !remove(&mut tree, &path) {
            return (findings, None);
        }
    }
}

fn judge(error: &Error, path: &str, from: &str) -> Finding {
    match &error.kind {
        Kind::UnknownField(name, expected) => {
            let told = format!("there is no setting `{path}`{from}");
            let advice = match meant(path, name, expected) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "remove it; docs/configuration.md lists every key".to_owned(),
            };
            KEYS.wrong(told, advice).about(path)
        }
        kind => {
            // Where it came from and its key are told already.
            let told = format!("`{path}`{from}: {kind}");
            VALUES.wrong(told, "docs/configuration.md says what it may be").about(path)
        }
    }
}

/// The unknown key itself where there is one, else the key whose value is none.
fn path_of(error: &Error) -> String {
    let mut path = error.path.clone();
    if let Kind::UnknownField(name, _) = &error.kind
        && path.last() != Some(name)
    {
        path.push(name.clone());
    }
    path.join(".")
}

/// In which file, or that it is a variable.
fn origin(metadata: &figment::Metadata) -> String {
    match &metadata.source {
        Some(source) => format!(" ({source})"),
        None => format!(" ({})", metadata.name),
    }
}

/// The known key that somebody most likely meant: of another section by its name, or of the same by its letters.
fn meant(path: &str, name: &str, expected: &[&str]) -> Option<String> {
    let elsewhere = known_keys().into_iter().find(|known| known.rsplit('.').next() == Some(name));
    let section = path.strip_suffix(name).unwrap_or_default();
    let near = expected.iter().map(|known| (distance(name, known), *known)).min();
    let near = near.filter(|(far, known)| *far <= 1 + known.len() / 4).map(|(_, known)| format!("{section}{known}"));
    elsewhere.or(near)
}

/// Every key that there is, with its section.
pub fn known_keys() -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let mut config = Config::default();
    for (key, _, _) in config.secrets() {
        keys.push(key.to_owned());
    }
    if let Ok(Value::Dict(_, tree)) = Value::serialize(config) {
        collect(&tree, "", &mut keys);
    }
    keys
}

fn collect(tree: &Dict, section: &str, keys: &mut Vec<String>) {
    for (name, value) in tree {
        match value {
            Value::Dict(_, inner) => collect(inner, &format!("{section}{name}."), keys),
            _ => keys.push(format!("{section}{name}")),
        }
    }
}

fn remove(tree: &mut Value, path: &str) -> bool {
    let Value::Dict(_, dict) = tree else { return false };
    match path.split_once('.') {
        None => dict.remove(path).is_some(),
        Some((first, rest)) => dict.get_mut(first).is_some_and(|inner| remove(inner, rest)),
    }
}

/// How many letters have to be added, removed or replaced (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], at + 1);
        for (to, known) in other.iter().enumerate() {
            let replaced = corner + usize::from(letter != *known);
            corner = row[to + 1];
            row[to + 1] = replaced.min(row[to] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

fn one_line(error: &Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format as _, Serialized, Toml};

    use super::*;

    fn found(text: &str) -> Vec<(&'static str, String, Option<String>)> {
        let sources = Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(text));
        let (findings, config) = read(&sources);
        assert_eq!(config.is_some(), findings.iter().all(|finding| finding.advice.is_none()));
        findings.into_iter().map(|finding| (finding.check.id, finding.told, finding.advice)).collect()
    }

    #[test]
    fn every_unknown_key_is_named_with_the_nearest_known_one() {
        let found = found("lisen = \"x\"\nsms_url = \"y\"\n[site]\nportz = [1, 2]\n[quota]\nzzzzzz = 1\n");
        let advice = |key: &str| {
            let of_key = |(id, told, advice): &(&str, String, Option<String>)| {
                (*id == "config.keys" && told.contains(&format!("`{key}`"))).then(|| advice.clone().unwrap())
            };
            found.iter().find_map(of_key).unwrap_or_else(|| panic!("{key} is not told of: {found:?}"))
        };
        assert_eq!(found.len(), 4);
        assert_eq!(advice("lisen"), "did you mean `listen`?");
        assert_eq!(advice("site.portz"), "did you mean `site.ports`?");
        assert_eq!(advice("sms_url"), "did you mean `notification.sms_url`?");
        assert!(advice("quota.zzzzzz").contains("docs/configuration.md"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_and_a_file_that_is_none_are_told() {
        let wrong = found("[quota]\ninstances = \"many\"\nmemory = \"8 elephants\"");
        assert_eq!(wrong.iter().map(|found| found.0).collect::<Vec<_>>(), ["config.values"; 2], "{wrong:?}");
        assert!(wrong.iter().any(|found| found.1.starts_with("`quota.instances`")), "{wrong:?}");
        assert_eq!(found("listen = ")[0].0, "config.sources");
        assert_eq!(found("listen = \"127.0.0.1:9\"")[0], ("config.keys", "every key is known".into(), None));
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!((distance("lisen", "listen"), distance("kitten", "sitting"), distance("", "abc")), (1, 3, 3));
    }
}
