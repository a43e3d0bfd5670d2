//! Who has a lock or a port: read from `/proc`, so that asking takes neither.

use std::fmt;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    pub name: String,
}

impl Holder {
    pub fn is_ours(&self) -> bool {
        self.name == "berthd"
    }

    fn of(pid: u32) -> Self {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Self { pid, name: name.trim().to_owned() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "something" } else { &self.name };
        write!(f, "{name} (process {})", self.pid)
    }
}

/// Whoever locks a file.
pub fn of_lock(file: &Path) -> Option<Holder> {
    let inode = std::fs::metadata(file).ok()?.ino();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    lock_pid(&locks, inode).map(Holder::of)
}

/// `1: FLOCK  ADVISORY  WRITE 4711 fe:01:123456 0 EOF`: a device's number may differ from what `stat` says, an inode does not.
fn lock_pid(locks: &str, inode: u64) -> Option<u32> {
    let pid = |line: &str| {
        let mut words = line.split_whitespace().filter(|word| *word != "->");
        let (kind, pid, place) = (words.nth(1)?, words.nth(2)?, words.next()?);
        let same = place.rsplit(':').next()?.parse() == Ok(inode);
        (kind == "FLOCK" && same).then(|| pid.parse().ok())?
    };
    locks.lines().find_map(pid)
}

/// Whoever listens at an address, as far as this user may see.
pub fn of_port(address: SocketAddr) -> Option<Holder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let sockets: Vec<String> = tables
        .iter()
        .flat_map(|table| listening(table, address.port()))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.into_iter().find(|pid| has_one_of(*pid, &sockets)).map(Holder::of)
}

fn has_one_of(pid: u32, sockets: &[String]) -> bool {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let links = open.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.into_iter().any(|link| link.to_str().is_some_and(|link| sockets.iter().any(|socket| socket == link)))
}

/// The sockets that listen on a port: the second word ends with the port, the fourth is `0A`, the tenth is the inode.
fn listening(table: &str, port: u16) -> Vec<&str> {
    let ends = format!(":{port:04X}");
    table.lines().filter_map(|line| inode_of_listener(line, &ends)).collect()
}

fn inode_of_listener<'l>(line: &'l str, ends: &str) -> Option<&'l str> {
    let words: Vec<_> = line.split_whitespace().collect();
    let listens = *words.get(3)? == "0A" && words.get(1)?.ends_with(ends);
    listens.then(|| words.get(9).copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_known_by_its_files_inode() {
        let locks = "1: POSIX  ADVISORY  WRITE 11 fe:01:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 4711 fe:01:77 0 EOF\n";
        assert_eq!((lock_pid(locks, 77), lock_pid(locks, 7), lock_pid("", 77)), (Some(4711), None, None));
    }

    #[test]
    fn who_locks_a_file_is_found_without_locking_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(of_lock(file.path()), None);
        file.as_file().lock().unwrap();
        assert_eq!(of_lock(file.path()).unwrap().pid, std::process::id());
    }

    #[test]
    fn who_listens_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(of_port(address).unwrap().pid, std::process::id());
        drop(listener);
        assert_eq!(of_port(address), None);
    }
}
