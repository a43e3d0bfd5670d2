//! Who may import whom. The compiler keeps services apart as crates; inside each of them, this does.

use super::layers::{self, PURE};
use super::source::{self, code, shipped};
use super::{File, Finding, Tree};

/// What admins and other services look across tenants with, and the only places that may name it.
const OVERSIGHT: [&str; 2] = ["AllocationOversight", "overseer"];
const OVERSIGHT_ROOMS: [&str; 5] = ["grpc", "store", "ports", "contract", "testing"];
const OVERSIGHT_VERBS: [&str; 5] = ["mod", "oversee", "reach", "settle", "quota_set"];

/// What looks across tenants for sagas and tasks, and the only places that may name it.
const FLEET: &str = "AllocationFleet";
const FLEET_ROOMS: [&str; 8] = ["tasks", "sagas", "grpc", "consumers", "store", "ports", "contract", "testing"];

/// Imports that stand against the rules, a path and what it names a line: a list that may only shrink.
pub const ALLOWED: &str = "tests/allowed/imports.txt";

/// Layers of one service that look at what they may not see, but for the list; and lines of the list that are not needed.
pub fn layers(tree: &Tree) -> Vec<Finding> {
    let list = tree.find(ALLOWED).map_or("", |file| &file.text);
    let listed: Vec<(usize, &str)> = list.lines().enumerate().map(|(at, line)| (at + 1, line.trim())).collect();
    let listed: Vec<_> = listed.into_iter().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    let found = foreign(tree);
    let named = |finding: &Finding, line: &str| {
        line.split_once(' ')
            .is_some_and(|(path, import)| finding.path == path && finding.told.starts_with(&format!("`{import}`")))
    };
    let unneeded = listed.iter().filter(|(_, line)| !found.iter().any(|finding| named(finding, line)));
    let told = |line: &str| format!("{line} is not so any more: take it off the list");
    let unneeded: Vec<Finding> =
        unneeded.map(|(at, line)| Finding { path: ALLOWED.to_owned(), line: *at, told: told(line) }).collect();
    let broken = found.into_iter().filter(|finding| listed.iter().all(|(_, line)| !named(finding, line)));
    broken.chain(unneeded).collect()
}

/// Every import that looks where it may not.
fn looks(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !layers::is_for_tests(&file.path)) {
        let Some((_, layer)) = layers::of(&file.path) else { continue };
        for (line, path) in source::paths(&shipped(&file.text)) {
            let path = absolute(&file.path, &path);
            let refused = match path.first().map(String::as_str) {
                Some("crate") => path.get(1).and_then(|other| layers::refuses(layer, other)),
                // `collect::<T>()` is a path of one name, and names no crate.
                Some(name) if path.len() > 1 && layer == "domain" && is_crate(name) && !PURE.contains(&name) => {
                    Some("domain imports only kit")
                }
                _ => None,
            };
            findings.extend(refused.map(|why| file.finding(line, format!("`{}`: {why}", path.join("::")))));
        }
    }
    findings
}

/// `super::` of a file, spelled from the crate on. One level is the file's own module: modules inside files are tests.
fn absolute(file: &str, path: &[String]) -> Vec<String> {
    let up = path.iter().take_while(|part| *part == "super").count();
    if up == 0 {
        return path.to_vec();
    }
    let inside = file.split_once("/src/").map_or("", |(_, inside)| inside).trim_end_matches(".rs");
    let mut module: Vec<&str> = inside.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect();
    module.truncate(module.len().saturating_sub(up));
    let own = std::iter::once("crate").chain(module).map(str::to_owned);
    own.chain(path[up..].iter().cloned()).collect()
}

/// Whether a path's first name can be a crate: a lower-case name that means nothing in the language.
fn is_crate(name: &str) -> bool {
    let lower = name.starts_with(|c: char| c.is_ascii_lowercase());
    let built_in = matches!(
        name,
        "self" | "super" | "crate" | "clippy" | "str" | "char" | "bool" | "f32" | "f64" | "usize" | "isize"
    );
    let number = name.starts_with(['u', 'i']) && name[1..].bytes().all(|byte| byte.is_ascii_digit());
    lower && !built_in && !number
}

/// The same without names that a file declares or imports itself: `mod x;` makes `x::` no crate.
fn foreign(tree: &Tree) -> Vec<Finding> {
    let own = |file: &File, name: &str| {
        let declared = format!("mod {name}");
        code(&file.text).iter().any(|line| line.code.trim_end_matches([';', ' ', '{']).ends_with(&declared))
            || source::paths(&code(&file.text))
                .iter()
                .any(|(_, path)| path.len() > 1 && path.last().is_some_and(|last| last == name))
    };
    let by_path = |finding: &Finding| tree.find(&finding.path).expect("it was found there");
    let first = |finding: &Finding| {
        finding.told.trim_start_matches('`').split([':', '`']).next().unwrap_or_default().to_owned()
    };
    looks(tree)
        .into_iter()
        .filter(|finding| first(finding) == "crate" || !own(by_path(finding), &first(finding)))
        .collect()
}

/// Services that name each other, in code or as a dependency.
pub fn services(tree: &Tree) -> Vec<Finding> {
    let names: Vec<&str> = tree.0.iter().filter_map(|file| service_of(&file.path)).collect();
    let mut findings = Vec::new();
    for file in &tree.0 {
        let Some(own) = service_of(&file.path) else { continue };
        let others = || names.iter().filter(|name| **name != own);
        if file.is_rust() {
            for line in code(&file.text) {
                let found = others().find(|other| names_word(&line.code, &format!("berth_{other}")));
                findings.extend(found.map(|other| file.finding(line.number, format!("{own} imports {other}"))));
            }
        } else if file.path.ends_with("/Cargo.toml") {
            for (at, line) in file.text.lines().enumerate() {
                let found = others().find(|other| names_word(line, &format!("berth-{other}")));
                findings.extend(found.map(|other| file.finding(at + 1, format!("{own} depends on {other}"))));
            }
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

fn service_of(path: &str) -> Option<&str> {
    path.strip_prefix("services/")?.split('/').next()
}

/// Whether a word stands in a line for itself, not as part of another.
fn names_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}

/// The engine's client, named outside the one place that knows it.
pub fn engine(tree: &Tree) -> Vec<Finding> {
    let allowed = |path: &str| path.starts_with("services/docker/src/engine/");
    let told = "only services/docker/src/engine knows bollard";
    named(tree, |file| !allowed(&file.path), |line| names_word(line, "bollard"), told)
}

/// What looks across tenants, named where ordinary requests could use it.
pub fn fleet(tree: &Tree) -> Vec<Finding> {
    let allowed = |file: &File| match layers::of(&file.path) {
        Some((_, layer)) => FLEET_ROOMS.contains(&layer) || layer == "lib" || layers::is_for_tests(&file.path),
        None => file.path.starts_with("berthd/src/wiring/") || file.path.starts_with("tests/rules/"),
    };
    named(
        tree,
        |file| !allowed(file),
        |line| names_word(line, FLEET),
        "AllocationFleet looks across tenants and is not for here",
    )
}

/// What admins look across tenants with, named where it is not about them.
pub fn oversight(tree: &Tree) -> Vec<Finding> {
    let is_verb = |path: &str| {
        let verb = path.strip_prefix("services/allocation/src/use_cases/").and_then(|rest| rest.strip_suffix(".rs"));
        verb.is_some_and(|verb| OVERSIGHT_VERBS.contains(&verb))
    };
    let allowed = |file: &File| match layers::of(&file.path) {
        Some((_, layer)) => {
            OVERSIGHT_ROOMS.contains(&layer)
                || layer == "lib"
                || layers::is_for_tests(&file.path)
                || is_verb(&file.path)
        }
        None => file.path.starts_with("tests/rules/"),
    };
    let breaks = |line: &str| OVERSIGHT.iter().any(|name| names_word(line, name));
    named(tree, |file| !allowed(file), breaks, "what looks across tenants for admins is not for here")
}

/// Stores of services, named outside the wiring.
pub fn stores(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let outside = |file: &&File| !file.path.starts_with("berthd/src/wiring/") && !file.path.starts_with("services/");
    for file in tree.rust().filter(outside).filter(|file| !layers::is_for_tests(&file.path)) {
        for (line, path) in source::paths(&shipped(&file.text)) {
            if path[0].starts_with("berth_") && path.get(1).is_some_and(|part| part == "store") {
                findings
                    .push(file.finding(line, format!("`{}`: only berthd/src/wiring names stores", path.join("::"))));
            }
        }
    }
    findings
}

fn named(tree: &Tree, looked_at: impl Fn(&File) -> bool, breaks: impl Fn(&str) -> bool, told: &str) -> Vec<Finding> {
    let files = tree.rust().filter(|file| looked_at(file));
    let lines = files.flat_map(|file| code(&file.text).into_iter().map(move |line| (file, line)));
    lines.filter(|(_, line)| breaks(&line.code)).map(|(file, line)| file.finding(line.number, told)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{made_up, places};
    use super::*;

    #[test]
    fn a_layer_that_looks_up_is_found_however_it_spells_it() {
        let tree = made_up(&[
            (
                "services/user/src/domain/user.rs",
                "//! x\nuse kit::UserId;\nuse std::fmt;\nuse crate::ports::Store;\nuse sqlx::Row;\n",
            ),
            ("services/user/src/domain/mod.rs", "mod user;\npub use user::User;\nuse super::http::views;\n"),
            ("services/user/src/use_cases/login.rs", "use crate::{\n    domain::User,\n    store::SqliteStore,\n};\n"),
            (
                "services/user/src/http/login.rs",
                "fn f() {\n    crate::store::x();\n}\n#[cfg(test)]\nmod tests {\n    use crate::store::X;\n}\n",
            ),
            (
                "services/user/src/store/sqlite.rs",
                "use super::super::use_cases::login;\nuse crate::ports::Store;\n// use crate::http;\n",
            ),
            ("services/user/src/lib.rs", "use crate::store::SqliteStore;\n"),
        ]);
        let expected = [
            "services/user/src/domain/user.rs:4",
            "services/user/src/domain/user.rs:5",
            "services/user/src/domain/mod.rs:3",
            "services/user/src/use_cases/login.rs:1",
            "services/user/src/http/login.rs:2",
            "services/user/src/store/sqlite.rs:1",
        ];
        assert_eq!(places(&layers(&tree)), expected);
    }

    #[test]
    fn the_list_of_exceptions_may_only_shrink() {
        let list = "# why\nservices/user/src/domain/a.rs sqlx::Row\nservices/user/src/domain/a.rs sqlx::Gone\n";
        let tree =
            made_up(&[("services/user/src/domain/a.rs", "use sqlx::Row;\nuse sqlx::Column;\n"), (ALLOWED, list)]);
        assert_eq!(places(&layers(&tree)), ["services/user/src/domain/a.rs:2", "tests/allowed/imports.txt:3"]);
    }

    #[test]
    fn a_service_that_names_another_is_found_in_code_and_manifest() {
        let tree = made_up(&[
            ("services/user/src/lib.rs", "use berth_user::X;\nuse berth_feed::Y;\n// berth_feed\n"),
            ("services/user/Cargo.toml", "name = \"berth-user\"\nberth-feed.workspace = true\n"),
            ("services/feed/src/lib.rs", "const X: &str = \"berth_user\";\nlet berth_user_like = 1;\n"),
        ]);
        assert_eq!(places(&services(&tree)), ["services/user/Cargo.toml:2", "services/user/src/lib.rs:2"]);
    }

    #[test]
    fn the_engines_client_is_found_outside_its_place() {
        let tree = made_up(&[
            ("services/docker/src/engine/client.rs", "use bollard::Docker;\n"),
            ("services/docker/src/use_cases/list.rs", "fn f() -> bollard::Docker {}\n"),
            ("crates/wire/src/lib.rs", "// bollard\nlet bollards = 1;\n"),
        ]);
        assert_eq!(places(&engine(&tree)), ["services/docker/src/use_cases/list.rs:1"]);
    }

    #[test]
    fn what_looks_across_tenants_is_found_in_ordinary_rooms() {
        let text = "use crate::ports::AllocationFleet;\n";
        let rooms =
            ["tasks/work.rs", "store/sqlite/fleet.rs", "lib.rs", "testing.rs", "http/list.rs", "use_cases/stop.rs"];
        let paths: Vec<String> = rooms.iter().map(|room| format!("services/allocation/src/{room}")).collect();
        let tree = made_up(&paths.iter().map(|path| (path.as_str(), text)).collect::<Vec<_>>());
        assert_eq!(
            places(&fleet(&tree)),
            ["services/allocation/src/http/list.rs:1", "services/allocation/src/use_cases/stop.rs:1"]
        );
    }

    #[test]
    fn what_admins_look_with_is_found_in_ordinary_verbs() {
        let text = "use crate::ports::AllocationOversight;\nlet found = desk.overseer.find(id);\n";
        let rooms = ["store/sqlite/oversight.rs", "lib.rs", "use_cases/reach.rs", "use_cases/list.rs", "http/show.rs"];
        let paths: Vec<String> = rooms.iter().map(|room| format!("services/allocation/src/{room}")).collect();
        let tree = made_up(&paths.iter().map(|path| (path.as_str(), text)).collect::<Vec<_>>());
        let places = places(&oversight(&tree));
        let found = |room: &str| places.iter().filter(|place| place.contains(room)).count();
        assert_eq!((places.len(), found("use_cases/list.rs"), found("http/show.rs")), (4, 2, 2));
    }

    #[test]
    fn a_store_is_named_by_the_wiring_alone() {
        let text = "use berth_user::{Deps, store::SqliteStore};\n";
        let tree = made_up(&[
            ("berthd/src/wiring/user.rs", text),
            ("berthd/src/up.rs", text),
            ("cli/src/main.rs", "use berth_user::Deps;\n"),
        ]);
        assert_eq!(places(&stores(&tree)), ["berthd/src/up.rs:1"]);
    }
}
