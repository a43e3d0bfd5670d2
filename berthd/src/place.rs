//! Which data directory a command is about, and where its two small files are.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::config::Config;

#[derive(clap::Args)]
pub struct Place {
    /// Where data is kept [default: berth-data]
    #[arg(long, env = "BERTH_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// A configuration file; see docs/configuration.md
    #[arg(long, env = "BERTH_CONFIG")]
    config: Option<PathBuf>,
}

/// A place with all its names.
#[derive(Clone)]
pub struct Settled {
    pub data_dir: PathBuf,
    pub installation: PathBuf,
    pub master_key: PathBuf,
    pub config: Config,
}

impl Place {
    /// Of a platform of `berthd up`. A server that is named, in the file or in the environment of who runs this, is refused:
    /// what is asked for would otherwise happen to that server's data.
    pub fn embedded(&self) -> anyhow::Result<Settled> {
        let settled = self.settle()?;
        let named = "this is about the data directory of a `berthd up`, and its configuration names servers, in --config or \
                     as BERTH_… in the environment";
        settled.config.embedded().context(named)?;
        Ok(settled)
    }

    /// What the flags say goes before the configuration.
    pub fn settle(&self) -> anyhow::Result<Settled> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(data_dir) = &self.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        let data_dir = config.data_dir.clone();
        let installation = config.installation_file.clone().unwrap_or_else(|| data_dir.join("installation"));
        let master_key = config.master_key_file.clone().unwrap_or_else(|| data_dir.join("keys").join("master.key"));
        Ok(Settled { data_dir, installation, master_key, config })
    }
}
