//! The rules of the house, kept by the build: what breaks one is named with its file and line.

mod rules;

use rules::{Finding, Tree, calls, files, imports, pages};

#[track_caller]
fn keeps(rule: fn(&Tree) -> Vec<Finding>) {
    let tree = Tree::read(&berth_tests::repository());
    assert!(tree.rust().count() > 100, "the repository was not found");
    let findings: Vec<String> = rule(&tree).iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} lines break a rule of the house:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn layers_look_down_only() {
    keeps(imports::layers);
}

#[test]
fn no_service_imports_another() {
    keeps(imports::services);
}

#[test]
fn only_the_engine_knows_its_client() {
    keeps(imports::engine);
}

#[test]
fn ordinary_requests_cannot_look_across_tenants() {
    keeps(imports::fleet);
}

#[test]
fn only_what_admins_do_looks_at_others() {
    keeps(imports::oversight);
}

#[test]
fn only_the_wiring_names_stores() {
    keeps(imports::stores);
}

#[test]
fn clock_and_chance_have_one_place() {
    keeps(calls::misplaced);
}

#[test]
fn tests_wait_for_states() {
    keeps(calls::sleeps);
}

#[test]
fn no_file_is_too_long() {
    keeps(files::long);
}

#[test]
fn every_file_says_why_it_exists() {
    keeps(files::unopened);
}

#[test]
fn every_script_runs_and_explains_itself() {
    keeps(files::scripts);
}

#[test]
fn every_path_that_pages_name_is_there() {
    keeps(pages::dangling);
}
