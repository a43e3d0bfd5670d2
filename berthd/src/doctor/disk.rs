//! What the kernel says of the filesystem under a path. It is asked itself, and nothing is written: images have no tools.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags, accessat, statvfs};

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
    let found = statvfs(&there).ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    Some(Disk {
        kind: kind_of(&mounts, &there.canonicalize().ok()?),
        free: found.f_bavail.saturating_mul(found.f_frsize),
        size: found.f_blocks.saturating_mul(found.f_frsize),
        free_inodes: found.f_favail,
        inodes: found.f_files,
    })
}

/// Whether this process may put something into a directory, also as far as its mount lets it.
pub fn is_writable(directory: &Path) -> bool {
    accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

/// Where an orchestrator puts secrets.
const GIVEN: &str = "/run/secrets";

/// Whether a file was handed into this process's own view of the machine: its mode is then how everybody in there sees it, who
/// is this process, and says nothing of who else does.
pub fn is_given(file: &Path) -> bool {
    let read_only = statvfs(file).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY));
    read_only || std::path::absolute(file).is_ok_and(|file| file.starts_with(GIVEN))
}

/// The path itself, or the nearest above it that is there.
pub fn existing(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find(|path| path.exists()).map(Path::to_path_buf)
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
    fn what_the_kernel_says_of_a_directory_is_of_a_piece() {
        let directory = tempfile::tempdir().unwrap();
        let disk = look(directory.path()).unwrap();
        assert!(disk.free > 0 && disk.free <= disk.size && disk.free_inodes <= disk.inodes, "{disk:?}");
        assert!(is_writable(directory.path()));
        assert!(!is_writable(Path::new("/proc/sys/nowhere")));
    }

    #[test]
    fn what_was_handed_in_is_known_by_its_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!is_given(file.path()));
        assert!(is_given(Path::new("/run/secrets/master_key")) && !is_given(Path::new("/run/secretsx/master_key")));
    }

    #[test]
    fn a_directory_to_be_is_seen_from_where_it_will_be() {
        let directory = tempfile::tempdir().unwrap();
        let to_be = directory.path().join("a/b");
        assert_eq!(existing(&to_be).unwrap(), directory.path());
        assert!(look(&to_be).unwrap().size > 0);
    }
}
