//! What all processes of one platform share: the installation's id and the master key. A process keeps a data directory of
//! its own only where it has something to keep there.

use anyhow::bail;
use kit::{Ambient, InstallationId, MasterKey, ServiceName};

use crate::config::Config;
use crate::data_dir::{self, DataDir};

pub struct Identity {
    pub installation: InstallationId,
    pub master: MasterKey,
    // Held for as long as the process runs.
    _data: Option<DataDir>,
}

pub fn of(name: ServiceName, config: &Config, ambient: &Ambient) -> anyhow::Result<Identity> {
    let (Some(id), Some(key)) = (&config.installation_file, &config.master_key_file) else {
        bail!(
            "installation_file and master_key_file (BERTH_INSTALLATION_FILE, BERTH_MASTER_KEY_FILE) have to name the two \
             small files that all services of one platform share; the first process makes them"
        )
    };
    let (installation, master) = data_dir::identity(id, key, ambient)?;
    let open = || DataDir::open(&config.data_dir, Some(id), Some(key), ambient);
    let data = needs_directory(name, config).then(open).transpose()?;
    Ok(Identity { installation, master, _data: data })
}

/// Logs and volumes stand beside the engine; mail that goes nowhere is a file.
fn needs_directory(name: ServiceName, config: &Config) -> bool {
    match name {
        ServiceName::Docker => true,
        ServiceName::Notification => config.smtp_url.is_none(),
        _ => false,
    }
}
