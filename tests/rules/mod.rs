//! The rules of the house, each a function from a tree of texts to what breaks it: no rule needs a compiler, and each is
//! proven on a small made-up tree.

pub mod calls;
pub mod files;
pub mod imports;
pub mod layers;
pub mod pages;
pub mod source;

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// What is no work of ours, wherever it stands.
const SKIPPED: [&str; 4] = [".git", "target", "node_modules", "dist"];

/// One file of the repository.
#[derive(Clone, Debug)]
pub struct File {
    /// From the root on, `services/user/src/lib.rs`.
    pub path: String,
    /// Empty for what is no text.
    pub text: String,
    pub executable: bool,
}

/// All files of the repository, by path.
#[derive(Clone, Debug, Default)]
pub struct Tree(pub Vec<File>);

/// A line that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub told: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.told)
    }
}

impl File {
    pub fn finding(&self, line: usize, told: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, told: told.into() }
    }

    pub fn is_rust(&self) -> bool {
        has_extension(&self.path, "rs")
    }
}

pub fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

impl Tree {
    pub fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        walk(root, root, &mut files);
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Self(files)
    }

    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.0.iter().filter(|file| file.is_rust())
    }

    pub fn find(&self, path: &str) -> Option<&File> {
        self.0.iter().find(|file| file.path == path)
    }

    /// Whether there is a file or a directory of this path.
    pub fn has(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.0.iter().any(|file| file.path == path || file.path.starts_with(&inside))
    }
}

fn walk(root: &Path, directory: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(directory).expect("the repository can be read").flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("a file has a kind"));
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(root, &path, files);
        } else if kind.is_file() {
            let mode = entry.metadata().expect("a file has a mode").permissions().mode();
            files.push(File {
                path: path.strip_prefix(root).expect("it is inside").to_string_lossy().into_owned(),
                text: std::fs::read_to_string(&path).unwrap_or_default(),
                executable: mode & 0o111 != 0,
            });
        }
    }
}

/// A made-up tree of paths and texts.
#[cfg(test)]
pub fn made_up(files: &[(&str, &str)]) -> Tree {
    let file = |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into(), executable: false };
    Tree(files.iter().map(file).collect())
}

/// Where a rule found something, `path:line`.
#[cfg(test)]
pub fn places(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
}
