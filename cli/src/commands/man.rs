//! `man`: a page for each command, made from the same words as its `--help`.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::args::Args;
use crate::failure::Failure;
use crate::output::Output;

pub fn run(output: Output, directory: Option<&Path>) -> Result<(), Failure> {
    let pages = pages()?;
    match directory {
        None => pages.iter().try_for_each(|page| Output::bytes(&page.text)),
        Some(directory) => {
            write(directory, &pages).map_err(|error| {
                Failure::other(format!("The pages cannot be written to {}: {error}.", directory.display()))
            })?;
            let names: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
            output.result(&names, || format!("{} pages are in {}", names.len(), directory.display()))
        }
    }
}

/// One page, and the file that `man` looks for.
struct Page {
    file: String,
    text: Vec<u8>,
}

fn pages() -> Result<Vec<Page>, Failure> {
    let mut root = without_help(Args::command());
    root.build();
    let mut pages = Vec::new();
    add(&mut pages, &root, "berth")?;
    Ok(pages)
}

/// `help` below a command says what that command's page says.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

fn add(pages: &mut Vec<Page>, command: &Command, name: &str) -> Result<(), Failure> {
    let man =
        Man::new(command.clone()).title(name).manual("Berth").source(concat!("berth ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render(&mut text).map_err(Failure::other)?;
    pages.push(Page { file: format!("{name}.1"), text: headed(&String::from_utf8_lossy(&text)).into_bytes() });
    command.get_subcommands().try_for_each(|below| add(pages, below, &format!("{name}-{}", below.get_name())))
}

/// What stands below `--help` has one heading in a page, whatever it is; this gives it the usual ones.
fn headed(page: &str) -> String {
    page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n").replace(".SH EXTRA\n", ".SH NOTES\n")
}

fn write(directory: &Path, pages: &[Page]) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    pages.iter().try_for_each(|page| std::fs::write(directory.join(&page.file), &page.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_of_its_own() {
        let pages = pages().unwrap();
        let find =
            |file: &str| pages.iter().find(|page| page.file == file).map(|page| String::from_utf8_lossy(&page.text));
        for file in ["berth.1", "berth-keys-create.1", "berth-notify-webhooks-rotate.1", "berth-admin-dead-letters.1"] {
            assert!(find(file).is_some_and(|text| text.contains(".SH NAME")), "{file}");
        }
        let page = find("berth-keys-create.1").unwrap();
        assert!(page.contains("allocations:read") && page.contains(".SH EXAMPLES\n  berth keys create"), "{page}");
        assert!(!find("berth.1").unwrap().contains("berth\\-help"));
        let mut files: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        assert_eq!(files.len(), pages.len());
    }
}
