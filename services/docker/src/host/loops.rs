//! Volumes as ext4 images of a fixed size on loop devices: the kernel then holds each to its size. The bytes are reserved
//! when the image is made, so that a volume never finds the host's disk full before its own end.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kit::{Bytes, ErrorCode, Failure, VolumeId};
use tokio::fs;
use tokio::sync::Mutex;

use super::command::run;
use super::{SYS_ADMIN, engine_is_here, holds};
use crate::ports::Disks;

/// The smallest that ext4 with its journal makes sense in.
const SMALLEST: u64 = 4 * Bytes::MIB;

/// What is left to the host itself: logs, databases, the engine's own files.
const RESERVE: u64 = 256 * Bytes::MIB;

/// Images under a directory, `<volume>.img`, each with a link `<volume>.dev` to the loop device that it is on now. The
/// engine mounts the link, so that a volume survives a reboot that gives out other devices.
pub struct LoopDisks {
    directory: PathBuf,
    enforced: bool,
    /// Attaching is one at a time: two that ask for a free device get the same one.
    turn: Mutex<()>,
}

impl LoopDisks {
    /// Tries the whole of it once on a small image; says so in the log where it does not work.
    pub async fn new(directory: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&directory).await.map_err(Failure::internal)?;
        let directory = fs::canonicalize(&directory).await.map_err(Failure::internal)?;
        let mut disks = Self { directory, enforced: true, turn: Mutex::default() };
        let tried =
            if engine_is_here() && holds(SYS_ADMIN) { disks.probe().await } else { Err(Failure::internal("no root")) };
        if let Err(failure) = tried {
            tracing::warn!(error = failure.operator, "volumes are not held to their size here");
            disks.enforced = false;
        }
        Ok(disks)
    }

    async fn probe(&self) -> Result<(), Failure> {
        let image = self.directory.join("probe.img");
        format(&image, SMALLEST).await?;
        let device = attach(&image).await;
        let detached = detach(&image).await;
        fs::remove_file(&image).await.map_err(Failure::internal)?;
        device.and(detached)
    }

    /// Before anything is reserved: an attempt that fills the host's disk hurts everybody, even for a moment.
    async fn require_room(&self, wanted: u64) -> Result<(), Failure> {
        let free = self.free().await?;
        let full = || Failure::new(ErrorCode::SiteFull, "The site has no room for a volume of this size.");
        if free > wanted.saturating_add(RESERVE) {
            Ok(())
        } else {
            Err(full().operator(format!("{free} bytes are free")))
        }
    }

    fn image(&self, volume: VolumeId) -> PathBuf {
        self.directory.join(format!("{volume}.img"))
    }

    fn link(&self, volume: VolumeId) -> PathBuf {
        self.directory.join(format!("{volume}.dev"))
    }

    /// Attaches the image where it is not, and points the link at its device; whether anything was to be done.
    async fn connect(&self, volume: VolumeId) -> Result<bool, Failure> {
        let _turn = self.turn.lock().await;
        let (image, link) = (self.image(volume), self.link(volume));
        let device = match attached(&image).await?.into_iter().next() {
            Some(device) => device,
            None => attach(&image).await?,
        };
        if fs::read_link(&link).await.is_ok_and(|target| target == Path::new(&device)) {
            return Ok(false);
        }
        let fresh = self.directory.join(format!("{volume}.dev.new"));
        let _ = fs::remove_file(&fresh).await;
        fs::symlink(&device, &fresh).await.map_err(Failure::internal)?;
        fs::rename(&fresh, &link).await.map_err(Failure::internal)?;
        Ok(true)
    }
}

#[async_trait]
impl Disks for LoopDisks {
    fn enforced(&self) -> bool {
        self.enforced
    }

    async fn ensure(&self, volume: VolumeId, size: Bytes) -> Result<Option<String>, Failure> {
        if !self.enforced {
            return Ok(None);
        }
        let (image, wanted) = (self.image(volume), size.get().max(SMALLEST));
        match fs::metadata(&image).await {
            Ok(there) if there.len() == wanted => {}
            Ok(_) => return Err(Failure::new(ErrorCode::ContainerConflict, "This volume is there in another size.")),
            Err(_) => {
                self.require_room(wanted).await?;
                let part = image.with_extension("part");
                format(&part, wanted).await?;
                fs::rename(&part, &image).await.map_err(Failure::internal)?;
            }
        }
        self.connect(volume).await?;
        Ok(Some(self.link(volume).to_string_lossy().into_owned()))
    }

    async fn remove(&self, volume: VolumeId) -> Result<(), Failure> {
        let _turn = self.turn.lock().await;
        let image = self.image(volume);
        if fs::try_exists(&image).await.unwrap_or(false) {
            detach(&image).await?;
        }
        for path in [self.link(volume), image.with_extension("part"), image] {
            match fs::remove_file(&path).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Failure::internal(error)),
                _ => {}
            }
        }
        Ok(())
    }

    async fn reattach(&self) -> Result<u64, Failure> {
        let mut count = 0;
        let mut entries = fs::read_dir(&self.directory).await.map_err(Failure::internal)?;
        while let Some(entry) = entries.next_entry().await.map_err(Failure::internal)? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(volume) = name.strip_suffix(".img").and_then(|id| id.parse().ok()) {
                count += u64::from(self.connect(volume).await?);
            }
        }
        Ok(count)
    }

    async fn free(&self) -> Result<u64, Failure> {
        let table = run("df", &["--output=avail", "-B1", &self.directory.to_string_lossy()]).await?;
        table.lines().nth(1).and_then(|line| line.trim().parse().ok()).ok_or_else(|| Failure::internal(table))
    }
}

/// An image of the size with an empty filesystem. `lost+found` goes, because programs such as initdb want an empty
/// directory; blocks stay reserved, because a discard would give them back to the host.
async fn format(image: &Path, size: u64) -> Result<(), Failure> {
    let path = image.to_string_lossy();
    let _ = fs::remove_file(image).await;
    let reserved = run("fallocate", &["-l", &size.to_string(), &path]).await;
    if let Err(failure) = reserved {
        let _ = fs::remove_file(image).await;
        let full = failure.operator.as_deref().is_some_and(|text| text.contains("No space left"));
        return Err(if full { Failure { code: ErrorCode::SiteFull, ..failure } } else { failure });
    }
    run("mkfs.ext4", &["-q", "-F", "-m", "0", "-E", "nodiscard", &path]).await?;
    run("debugfs", &["-w", "-R", "rmdir lost+found", &path]).await.map(drop)
}

async fn attached(image: &Path) -> Result<Vec<String>, Failure> {
    let devices = run("losetup", &["-n", "-O", "NAME", "-j", &image.to_string_lossy()]).await?;
    Ok(devices.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
}

async fn attach(image: &Path) -> Result<String, Failure> {
    make_missing_node().await?;
    run("losetup", &["-f", "--show", &image.to_string_lossy()]).await.map(|device| device.trim().to_owned())
}

/// The kernel makes devices as they are asked for; in a container nobody makes their nodes.
async fn make_missing_node() -> Result<(), Failure> {
    let device = run("losetup", &["-f"]).await?;
    let device = device.trim();
    let number = device.strip_prefix("/dev/loop").filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
    if let (Some(number), false) = (number, fs::try_exists(device).await.unwrap_or(false)) {
        // Loop devices have the major number 7.
        run("mknod", &["-m", "660", device, "b", "7", number]).await?;
    }
    Ok(())
}

async fn detach(image: &Path) -> Result<(), Failure> {
    for device in attached(image).await? {
        run("losetup", &["-d", &device]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::Ambient;

    async fn disks() -> (tempfile::TempDir, LoopDisks) {
        let directory = tempfile::tempdir().unwrap();
        let disks = LoopDisks::new(directory.path().join("volumes")).await.unwrap();
        assert!(disks.enforced(), "this test needs root and loop devices");
        (directory, disks)
    }

    #[tokio::test]
    async fn a_disk_is_made_once_and_gone_after_its_removal() {
        let (_directory, disks) = disks().await;
        let volume = VolumeId::mint(&Ambient::system());
        let first = disks.ensure(volume, Bytes::mib(8)).await.unwrap();
        assert_eq!(disks.ensure(volume, Bytes::mib(8)).await.unwrap(), first);
        assert_eq!(attached(&disks.image(volume)).await.unwrap().len(), 1);
        assert!(disks.ensure(volume, Bytes::mib(9)).await.is_err());
        for _ in 0..2 {
            disks.remove(volume).await.unwrap();
        }
        assert_eq!(std::fs::read_dir(&disks.directory).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_a_reboot_detached_is_attached_again_behind_the_same_link() {
        let (_directory, disks) = disks().await;
        let volume = VolumeId::mint(&Ambient::system());
        let link = disks.ensure(volume, Bytes::mib(8)).await.unwrap().unwrap();
        detach(&disks.image(volume)).await.unwrap();
        fs::remove_file(&link).await.unwrap();
        assert_eq!(disks.reattach().await.unwrap(), 1);
        assert_eq!(disks.reattach().await.unwrap(), 0);
        let device = fs::read_link(&link).await.unwrap();
        assert_eq!(attached(&disks.image(volume)).await.unwrap(), [device.to_string_lossy()]);
        disks.remove(volume).await.unwrap();
    }

    #[tokio::test]
    async fn many_at_once_get_a_device_each() {
        let (_directory, disks) = disks().await;
        let volumes: Vec<VolumeId> = (0..12).map(|_| VolumeId::mint(&Ambient::system())).collect();
        let made = futures::future::join_all(volumes.iter().map(|volume| disks.ensure(*volume, Bytes::mib(4)))).await;
        let devices: std::collections::BTreeSet<PathBuf> =
            made.into_iter().map(|link| std::fs::read_link(link.unwrap().unwrap()).unwrap()).collect();
        assert_eq!(devices.len(), 12);
        for volume in volumes {
            disks.remove(volume).await.unwrap();
        }
    }

    #[tokio::test]
    async fn more_than_the_host_has_is_a_full_site_and_leaves_nothing() {
        let (_directory, disks) = disks().await;
        let volume = VolumeId::mint(&Ambient::system());
        let failure = disks.ensure(volume, Bytes::new(1 << 46)).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::SiteFull, "{failure}");
        assert_eq!(std::fs::read_dir(&disks.directory).unwrap().count(), 0);
        assert!(disks.free().await.unwrap() > 0);
    }
}
