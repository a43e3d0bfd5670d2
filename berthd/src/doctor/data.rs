//! The data directory: there, ours, with room, on a disk that SQLite can trust, and no newer than this program.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kit::ServiceName;

use super::context::Context;
use super::disk::{self, Disk};
use super::finding::{Check, Finding, bytes};
use super::table::{Area, Job};
use super::{holders, schema};
use crate::wiring;

const DIRECTORY: Check =
    Check::new("data.directory", "The data directory is there or can be made, and is its owner's alone");
const FILESYSTEM: Check =
    Check::new("data.filesystem", "It is on a disk that keeps what was written: not in memory, not on the network");
const SPACE: Check = Check::new("data.space", "There is room on the disk");
const INODES: Check = Check::new("data.inodes", "There is room for more files");
const LOCK: Check = Check::new("data.lock", "At most one process runs on it");
const SCHEMA: Check = Check::new("data.schema", "No file is newer than this program");

pub const AREA: Area = Area {
    name: "data directory",
    when: "for `berthd up` and for docker; directory and lock also for notification without a mail server",
    checks: &[DIRECTORY, FILESYSTEM, SPACE, INODES, LOCK, SCHEMA],
    jobs,
};

const GIB: u64 = 1 << 30;
/// Below this, the docker service makes no more volumes, and a database may stop in the middle of a day.
const LEAST: u64 = GIB / 4;

/// Whether anything is kept in the data directory.
pub fn is_used(context: &Context) -> bool {
    let mails = context.has(ServiceName::Notification) && context.config.smtp_url.is_none();
    holds_databases(context) || mails
}

/// Mails alone may be lost, and are small: a directory in memory is well for them.
fn holds_databases(context: &Context) -> bool {
    context.is_embedded() || context.has(ServiceName::Docker)
}

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    if !is_used(context) {
        return Vec::new();
    }
    let (path, databases) = (context.config.data_dir.clone(), holds_databases(context));
    let looks = Job::blocking(DIRECTORY, move || {
        let mut findings = vec![directory(&path, &look(&path))];
        if databases && let Some(disk) = disk::look(&path) {
            findings.extend([filesystem(&disk), space(&disk), inodes(&disk)]);
        }
        findings.push(lock(holders::of_lock(&path.join("lock"))));
        findings
    });
    if !databases {
        return vec![looks];
    }
    let context = context.clone();
    vec![looks, Job::new(SCHEMA, async move { schemas(&context).await })]
}

/// What a directory looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Looked {
    /// Its mode, its owner, who asks, and whether that one may write there.
    There {
        mode: u32,
        owner: u32,
        asker: u32,
        writable: bool,
    },
    /// To be made in this one, where one may or may not.
    Missing {
        within: PathBuf,
        writable: bool,
    },
    NotADirectory,
}

fn look(path: &Path) -> Looked {
    let asker = std::fs::metadata("/proc/self").map_or(0, |own| own.uid());
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Looked::There { mode: found.mode() & 0o777, owner: found.uid(), asker, writable: disk::is_writable(path) }
        }
        Ok(_) => Looked::NotADirectory,
        Err(_) => {
            let within = disk::existing(path).unwrap_or_default();
            Looked::Missing { writable: disk::is_writable(&within), within }
        }
    }
}

fn directory(path: &Path, looked: &Looked) -> Finding {
    let shown = path.display();
    match looked {
        Looked::NotADirectory => {
            DIRECTORY.wrong(format!("{shown} is no directory"), "set data_dir (--data-dir) to another place")
        }
        Looked::Missing { within, writable: false } => DIRECTORY.wrong(
            format!("{shown} is not there, and this user may not make it in {}", within.display()),
            format!("as root: install -d -m 700 -o USER {shown}, where USER is who runs berthd"),
        ),
        Looked::Missing { .. } => DIRECTORY.ok(format!("{shown} is not there yet and is made at the first start")),
        Looked::There { writable: false, owner, asker, .. } => DIRECTORY.wrong(
            format!("user {asker} may not write in {shown}, which is user {owner}'s"),
            format!("as root: chown -R USER {shown}, where USER is who runs berthd"),
        ),
        Looked::There { mode, .. } if mode & 0o027 != 0 => {
            DIRECTORY.warning(format!("others may look into {shown} (mode {mode:03o})"), format!("chmod 700 {shown}"))
        }
        Looked::There { owner, asker: 0, .. } if *owner != 0 => {
            DIRECTORY.ok(format!("{shown} is user {owner}'s; run the doctor as that user to see with its eyes"))
        }
        Looked::There { .. } => DIRECTORY.ok(format!("{shown} is this user's alone")),
    }
}

fn filesystem(disk: &Disk) -> Finding {
    match disk.kind.as_str() {
        kind @ ("tmpfs" | "ramfs") => FILESYSTEM.wrong(
            format!("it is in memory ({kind}): everything is lost when the machine restarts"),
            "set data_dir to a directory on a disk",
        ),
        kind if kind.starts_with("nfs")
            || matches!(kind, "cifs" | "smb3" | "9p" | "ceph" | "fuse.sshfs" | "glusterfs") =>
        {
            FILESYSTEM.wrong(
                format!("it is on the network ({kind}), where SQLite's locks do not hold and files break"),
                "set data_dir to a directory on this machine's own disk",
            )
        }
        kind @ "overlay" => FILESYSTEM.warning(
            "it is in a container's own layer (overlay) and goes with the container".to_owned(),
            format!("mount a volume at data_dir; {kind} is fine only for a try"),
        ),
        kind => FILESYSTEM.ok(kind),
    }
}

fn space(disk: &Disk) -> Finding {
    let told = format!("{} of {} are free", bytes(disk.free), bytes(disk.size));
    let advice = "make room: see what is large with `du -xh --max-depth=2`, or move data_dir to a larger disk";
    match disk.free {
        free if free < LEAST => SPACE.wrong(told, advice),
        free if free < 2 * GIB || free < disk.size / 20 => SPACE.warning(told, advice),
        _ => SPACE.ok(told),
    }
}

fn inodes(disk: &Disk) -> Finding {
    let told = format!("{} of {} inodes are free", disk.free_inodes, disk.inodes);
    let advice = "remove small files that nobody needs: `df -i` shows the disk, `du --inodes -x` where they are";
    match disk.inodes {
        0 => INODES.ok("this filesystem makes them as they are needed"),
        all if disk.free_inodes < all / 100 => INODES.wrong(told, advice),
        all if disk.free_inodes < all / 20 => INODES.warning(told, advice),
        _ => INODES.ok(told),
    }
}

fn lock(holder: Option<holders::Holder>) -> Finding {
    match holder {
        None => LOCK.ok("no berthd runs on it now"),
        Some(holder) if holder.is_ours() => LOCK.ok(format!("{holder} runs on it now")),
        Some(holder) => LOCK.warning(
            format!("{holder} has its lock, and is no berthd"),
            format!("see what it is: ps -fp {}; berthd does not start meanwhile", holder.pid),
        ),
    }
}

async fn schemas(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    let kept = ServiceName::ALL.into_iter().filter(|service| context.is_embedded() || *service == ServiceName::Docker);
    for service in kept {
        let Some(known) = wiring::looks::file_versions(service) else { continue };
        let name = format!("{service}.db");
        let path = context.config.data_dir.join(&name);
        if !path.exists() {
            continue;
        }
        let finding = match sql::look::look_at_file(&path).await {
            Ok(applied) => schema::judge(SCHEMA, &applied, &known, schema::Newer::Refused),
            Err(told) => {
                let advice =
                    "restore a backup, or see whether the disk is sound; do not remove the file before you have a copy";
                SCHEMA.wrong(format!("{} cannot be read: {told}", path.display()), advice)
            }
        };
        findings.push(finding.about(name));
    }
    if findings.is_empty() {
        findings.push(SCHEMA.ok("there are no files yet"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::is;
    use super::*;

    fn disk() -> Disk {
        Disk { kind: "ext4".into(), free: 50 * GIB, size: 100 * GIB, free_inodes: 900, inodes: 1000 }
    }

    #[test]
    fn a_directory_has_to_be_its_owners_and_to_take_files() {
        let there =
            |mode, owner, asker, writable| directory(Path::new("/d"), &Looked::There { mode, owner, asker, writable });
        assert_eq!(there(0o700, 7, 7, true).level, Level::Ok);
        is(&there(0o755, 7, 7, true), Level::Warning, "chmod 700 /d");
        is(&there(0o700, 0, 7, false), Level::Wrong, "chown");
        assert!(there(0o700, 7, 0, true).told.contains("as that user"));
        let missing = |writable| directory(Path::new("/d"), &Looked::Missing { within: "/".into(), writable });
        assert_eq!(missing(true).level, Level::Ok);
        is(&missing(false), Level::Wrong, "install -d -m 700");
        is(&directory(Path::new("/d"), &Looked::NotADirectory), Level::Wrong, "data_dir");
    }

    #[test]
    fn what_is_looked_at_is_what_is_there() {
        let temporary = tempfile::tempdir().unwrap();
        assert!(matches!(look(temporary.path()), Looked::There { writable: true, .. }));
        assert!(matches!(look(&temporary.path().join("a/b")), Looked::Missing { writable: true, .. }));
        assert_eq!(look(Path::new("/proc/version")), Looked::NotADirectory);
    }

    #[tokio::test]
    async fn who_keeps_mails_alone_may_keep_them_in_memory() {
        use super::super::table::{DEADLINE, examine};
        use super::super::testing::context_of;
        let of = async |service| {
            let context = context_of(&[service], "data_dir = \"/dev/shm\"");
            let found = examine(&[&AREA], &context, DEADLINE).await;
            found.into_iter().map(|finding| finding.check.id).collect::<Vec<_>>()
        };
        assert_eq!(of(ServiceName::Notification).await, ["data.directory", "data.lock"]);
        assert!(of(ServiceName::Docker).await.contains(&"data.filesystem"));
        assert!(of(ServiceName::User).await.is_empty());
    }

    #[test]
    fn a_disk_in_memory_or_on_the_network_is_wrong() {
        let of = |kind: &str| filesystem(&Disk { kind: kind.into(), ..disk() });
        for kind in ["tmpfs", "nfs4", "cifs", "9p"] {
            is(&of(kind), Level::Wrong, "data_dir");
        }
        is(&of("overlay"), Level::Warning, "volume");
        assert_eq!(of("xfs").level, Level::Ok);
    }

    #[test]
    fn room_is_told_before_it_ends() {
        let free = |free| space(&Disk { free, ..disk() }).level;
        assert_eq!((free(50 * GIB), free(4 * GIB), free(GIB / 8)), (Level::Ok, Level::Warning, Level::Wrong));
        let nodes = |free_inodes| inodes(&Disk { free_inodes, ..disk() }).level;
        assert_eq!((nodes(900), nodes(30), nodes(3)), (Level::Ok, Level::Warning, Level::Wrong));
        assert_eq!(inodes(&Disk { inodes: 0, free_inodes: 0, ..disk() }).level, Level::Ok);
    }

    #[test]
    fn a_lock_of_ours_is_well_and_said() {
        let holder = |name: &str| Some(holders::Holder { pid: 7, name: name.into() });
        assert!(lock(holder("berthd")).told.contains("berthd (process 7)"));
        is(&lock(holder("vim")), Level::Warning, "ps -fp 7");
        assert_eq!(lock(None).level, Level::Ok);
    }
}
