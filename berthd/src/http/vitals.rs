//! What `/metrics` says of the process as a whole, looked at when somebody asks: whether each part is ready, which version
//! this is, what it uses, and how much room its data has left.

use std::path::Path;

use metrics_process::Collector;

use super::Status;

pub fn record(status: &Status) {
    Collector::default().collect();
    metrics::gauge!("berth_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::gauge!("berth_draining").set(f64::from(u8::from(status.drain.is_draining())));
    for (service, readiness) in &status.readiness {
        // Also of one that waits for nothing, which `berth_ready` has no part of: whether anybody runs it at all.
        metrics::gauge!("berth_serves", "service" => service.as_str()).set(1.0);
        for (part, state) in readiness.report().parts {
            metrics::gauge!("berth_ready", "service" => service.as_str(), "part" => part)
                .set(f64::from(u8::from(state == "ok")));
        }
    }
    if let Some(room) = status.data_dir.as_deref().and_then(room) {
        metrics::gauge!("berth_data_dir_free_bytes").set(room.free);
        metrics::gauge!("berth_data_dir_size_bytes").set(room.size);
    }
}

struct Room {
    free: f64,
    size: f64,
}

/// Of the filesystem that the directory is on, what somebody who is not root may still use.
fn room(directory: &Path) -> Option<Room> {
    let found = rustix::fs::statvfs(directory).ok()?;
    let block = found.f_frsize as f64;
    Some(Room { free: found.f_bavail as f64 * block, size: found.f_blocks as f64 * block })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_no_more_room_than_its_filesystem() {
        let directory = tempfile::tempdir().unwrap();
        let found = room(directory.path()).unwrap();
        assert!(found.free > 0.0 && found.free <= found.size, "{} of {}", found.free, found.size);
        assert!(room(Path::new("/nowhere/at/all")).is_none());
    }
}
