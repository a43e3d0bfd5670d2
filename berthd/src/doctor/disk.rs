//! What the kernel says of the filesystem under a directory. Read from `/proc` and by `stat`, nothing is written.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A filesystem, as seen from a directory on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// `ext4`, `overlay`, `nfs4`.
    pub kind: String,
    /// For whoever is not root.
    pub free: u64,
    pub size: u64,
    pub free_inodes: u64,
    /// 0 where the filesystem makes them as they are needed.
    pub inodes: u64,
}

/// Of the nearest directory that is there.
pub fn look(path: &Path) -> Option<Disk> {
    let there = existing(path)?;
    let output = Command::new("stat").args(["-f", "-c", "%a %b %S %d %c"]).arg(&there).output().ok()?;
    let numbers = String::from_utf8_lossy(&output.stdout).into_owned();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    parse(&numbers, kind_of(&mounts, &there.canonicalize().ok()?))
}

/// The path itself, or the nearest above it that is there.
pub fn existing(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find(|path| path.exists()).map(Path::to_path_buf)
}

fn parse(numbers: &str, kind: String) -> Option<Disk> {
    let numbers: Vec<u64> = numbers.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [free, size, block, free_inodes, inodes] = numbers[..] else { return None };
    Some(Disk { kind, free: free.saturating_mul(block), size: size.saturating_mul(block), free_inodes, inodes })
}

/// A line of the mount table: its fifth word is where, the first behind ` - ` is what. The longest that leads to the path.
fn kind_of(mounts: &str, path: &Path) -> String {
    // Of two on one place the later hides the earlier.
    let leading = mounts.lines().filter_map(mount).filter(|(place, _)| path.starts_with(place));
    let found = leading.max_by_key(|(place, _)| place.components().count());
    found.map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
}

fn mount(line: &str) -> Option<(PathBuf, &str)> {
    let (place, kind) = line.split_once(" - ")?;
    let place = PathBuf::from(place.split(' ').nth(4)?.replace("\\040", " "));
    Some((place, kind.split(' ').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filesystem_of_a_path_is_that_of_its_deepest_mount() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:26 / /run rw - tmpfs tmpfs rw\n\
            40 22 0:30 / /srv/my\\040data rw,relatime shared:7 - nfs4 host:/x rw\n";
        let of = |path: &str| kind_of(mounts, Path::new(path));
        assert_eq!((of("/var/lib"), of("/run/x"), of("/runner")), ("ext4".into(), "tmpfs".into(), "ext4".into()));
        assert_eq!(of("/srv/my data/berth"), "nfs4");
        assert_eq!(kind_of("", Path::new("/")), "unknown");
    }

    #[test]
    fn blocks_become_bytes() {
        let disk = parse("10 100 4096 7 70\n", "ext4".into()).unwrap();
        assert_eq!((disk.free, disk.size, disk.free_inodes, disk.inodes), (40_960, 409_600, 7, 70));
        assert_eq!(parse("stat: no", String::new()), None);
    }

    #[test]
    fn a_directory_to_be_is_seen_from_where_it_will_be() {
        let directory = tempfile::tempdir().unwrap();
        let to_be = directory.path().join("a/b");
        assert_eq!(existing(&to_be).unwrap(), directory.path());
        assert!(look(&to_be).unwrap().size > 0);
    }
}
