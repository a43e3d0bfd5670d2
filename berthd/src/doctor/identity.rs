//! The two small files that make a platform this platform: its id and the key that its secrets are sealed with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kit::{InstallationId, MasterKey, ServiceName};

use super::context::Context;
use super::finding::{Check, Finding};
use super::secrets::{Looked, look};
use super::table::{Area, Job};
use crate::wiring;

const INSTALLATION: Check =
    Check::new("identity.installation", "The installation's id is there, or is made at the first start");
const KEY: Check =
    Check::new("identity.key", "The master key is there or is made at the first start, whole, and its owner's alone");
const FITS: Check = Check::new("identity.fits", "The master key is the one that the accounts' keys were sealed with");

pub const AREA: Area = Area {
    name: "identity",
    when: "always; whether the key fits where user is looked at",
    checks: &[INSTALLATION, KEY, FITS],
    jobs,
};

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    let (here, config) = (context.clone(), &context.config);
    let unnamed = [
        (INSTALLATION, "installation_file (BERTH_INSTALLATION_FILE)", config.installation_file.is_none()),
        (KEY, "master_key_file (BERTH_MASTER_KEY_FILE)", config.master_key_file.is_none()),
    ];
    let unnamed: Vec<Finding> = unnamed
        .into_iter()
        .filter(|(_, _, missing)| *missing && !context.is_embedded())
        .map(|(check, key, _)| {
            let told = "no file is named for it, which all services of one platform have to share";
            check.wrong(told, format!("set {key} to the same file for every service; the first process makes it"))
        })
        .collect();
    if !unnamed.is_empty() {
        return vec![Job::new(INSTALLATION, async { unnamed })];
    }
    let files = Job::blocking(INSTALLATION, move || {
        let (id, key) = places(&here);
        vec![installation(&id, std::fs::read_to_string(&id)), key_file(&key, look(&key), read(&key).is_some())]
    });
    let here = context.clone();
    let fits = Job::new(FITS, async move { fits(&here).await });
    if context.has(ServiceName::User) { vec![files, fits] } else { vec![files] }
}

/// Where the id and the key are.
fn places(context: &Context) -> (PathBuf, PathBuf) {
    let config = &context.config;
    let id = config.installation_file.clone().unwrap_or_else(|| config.data_dir.join("installation"));
    (id, config.master_key_file.clone().unwrap_or_else(|| config.data_dir.join("keys/master.key")))
}

fn read(key: &Path) -> Option<MasterKey> {
    MasterKey::decode(&std::fs::read_to_string(key).ok()?)
}

fn installation(file: &Path, text: std::io::Result<String>) -> Finding {
    let path = file.display();
    match text {
        Ok(text) => match text.trim().parse::<InstallationId>() {
            Ok(id) => INSTALLATION.ok(format!("{id}")),
            Err(_) => INSTALLATION.wrong(
                format!("{path} holds no id"),
                "restore it from a backup: with another id, Berth does not know its own containers",
            ),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            INSTALLATION.ok(format!("{path} is made at the first start"))
        }
        Err(error) => {
            INSTALLATION.wrong(format!("{path} cannot be read: {error}"), format!("as root: chown USER {path}"))
        }
    }
}

fn key_file(file: &Path, looked: Looked, whole: bool) -> Finding {
    let path = file.display();
    match looked {
        Err(_) if !file.exists() => KEY.ok(format!("{path} is made at the first start")),
        Err(why) => {
            KEY.wrong(format!("{path} cannot be read: {why}"), format!("as root: chown USER {path}; chmod 600 {path}"))
        }
        Ok(_) if !whole => KEY.wrong(
            format!("{path} is no key of 32 bytes in base64"),
            "restore it from a backup: nothing that was sealed can be opened without it",
        ),
        Ok((Some(mode), _)) => KEY.wrong(
            format!("others may read {path} (mode {mode:03o}): whoever has it can open every secret of every tenant"),
            format!("chmod 600 {path}"),
        ),
        Ok((None, _)) => KEY.ok(format!("{path} is whole, and nobody else's; keep a copy elsewhere")),
    }
}

/// Only where there is a key and something sealed; what is away is told of elsewhere.
async fn fits(context: &Context) -> Vec<Finding> {
    let (_, key) = places(context);
    let Some(master) = read(&key) else { return Vec::new() };
    match wiring::looks::key_fits(&context.config, &master).await {
        Ok(Some(fits)) => vec![judge_fit(&key, fits)],
        Ok(None) | Err(_) => Vec::new(),
    }
}

fn judge_fit(key: &Path, fits: bool) -> Finding {
    if fits {
        return FITS.ok("the database and the key are of one platform");
    }
    FITS.wrong(
        format!(
            "{} does not open what is sealed in user's database: one of them is of another platform",
            key.display()
        ),
        "restore the key that this database was made with, or name the right one by master_key_file",
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::table::{DEADLINE, examine};
    use super::super::testing::{context, is};
    use super::*;

    #[test]
    fn an_id_is_there_or_to_be_made_and_never_broken() {
        let of = |text| installation(Path::new("/d/installation"), text);
        assert_eq!(of(Ok("018f0000-0000-7000-8000-000000000000\n".into())).level, Level::Ok);
        assert!(of(Err(std::io::ErrorKind::NotFound.into())).told.contains("first start"));
        is(&of(Ok("rubbish".into())), Level::Wrong, "backup");
        is(&of(Err(std::io::ErrorKind::PermissionDenied.into())), Level::Wrong, "chown");
    }

    #[test]
    fn a_key_is_whole_and_nobody_elses() {
        let of = |looked, whole| key_file(Path::new("/proc/version"), looked, whole);
        assert_eq!(of(Ok((None, 44)), true).level, Level::Ok);
        is(&of(Ok((Some(0o644), 44)), true), Level::Wrong, "chmod 600");
        is(&of(Ok((None, 12)), false), Level::Wrong, "backup");
        is(&of(Err("Permission denied".into()), false), Level::Wrong, "chown");
        assert!(key_file(Path::new("/nowhere"), Err("no".into()), false).told.contains("first start"));
        is(&judge_fit(Path::new("/k"), false), Level::Wrong, "master_key_file");
    }

    #[tokio::test]
    async fn services_of_their_own_have_to_share_both() {
        let context = context("[kafka]\nbrokers = \"h:1\"");
        let found = examine(&[&AREA], &context, DEADLINE).await;
        is(&found[0], Level::Wrong, "BERTH_INSTALLATION_FILE");
        is(&found[1], Level::Wrong, "BERTH_MASTER_KEY_FILE");
    }
}
