//! Secrets in files: that they can be read, and that nobody else can.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::disk;
use super::finding::{Check, Finding};
use crate::config::{self, Config};

const SECRETS: Check = Check::new("config.secrets", "Files with secrets can be read, and by their owner alone");

pub const CHECKS: &[Check] = &[SECRETS];

/// Puts the secrets from their files into their places, as `Config::load` does; one that cannot be read is a finding.
pub fn read(config: &mut Config, file: Option<&Path>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_the_open = Vec::new();
    for (key, value, of) in config.secrets() {
        match of {
            Some(of) => {
                findings.push(judge(key, &of, look(&of)));
                if let Ok(read) = config::secret(None, Some(&of)) {
                    *value = read;
                }
            }
            None if value.is_some() => in_the_open.push(key),
            None => {}
        }
    }
    if let Some(file) = file
        && let Ok(Some(_)) = exposed(file)
        && !in_the_open.is_empty()
    {
        let told = format!("{} holds {} and others may read it", file.display(), super::finding::listed(&in_the_open));
        let advice =
            format!("chmod 600 {0}, or name a file for each secret (`{1}_file`)", file.display(), in_the_open[0]);
        findings.push(SECRETS.warning(told, advice).about(file.display()));
    }
    findings
}

/// What a file with a secret looks like: its mode where others may read it, and how much is in it, or why it cannot be read.
pub type Looked = Result<(Option<u32>, usize), String>;

pub fn look(file: &Path) -> Looked {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    Ok((exposed(file).map_err(|error| error.to_string())?, text.trim().len()))
}

/// The mode of a file that others than its owner may read. Of one that was handed into a container it says nothing: there it
/// is 444 for whatever user the process is.
pub fn exposed(file: &Path) -> std::io::Result<Option<u32>> {
    let mode = std::fs::metadata(file)?.mode() & 0o7777;
    Ok((mode & 0o077 != 0 && !disk::is_given(file)).then_some(mode))
}

fn judge(key: &str, file: &Path, looked: Looked) -> Finding {
    let path = file.display();
    let finding = match looked {
        Err(why) => SECRETS
            .wrong(format!("{path} cannot be read: {why}"), format!("put the secret there, or change `{key}_file`")),
        Ok((_, 0)) => {
            SECRETS.wrong(format!("{path} is empty"), format!("put the secret there, or remove `{key}_file`"))
        }
        Ok((Some(mode), _)) => {
            SECRETS.warning(format!("others may read {path} (mode {mode:03o})"), format!("chmod 600 {path}"))
        }
        Ok((None, _)) => SECRETS.ok(format!("{path} is this process's alone")),
    };
    finding.about(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::super::finding::Level;
    use super::super::testing::{config, is};
    use super::*;

    fn set_mode(file: &Path, mode: u32) {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_that_others_may_read_is_told_of_and_read_all_the_same() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "redis://:hunter2@localhost\n").unwrap();
        let mut config = config(&format!("[redis]\nurl_file = {:?}", file.path()));
        set_mode(file.path(), 0o600);
        assert_eq!(read(&mut config, None)[0].level, Level::Ok);
        set_mode(file.path(), 0o644);
        let found = read(&mut config, None);
        is(&found[0], Level::Warning, "chmod 600");
        assert_eq!(found[0].subject.as_deref(), Some("redis.url"));
        assert!(config.redis.url.unwrap().expose_secret().contains("hunter2"));
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn a_missing_and_an_empty_file_are_wrong() {
        let mut missing = config("smtp_url_file = \"/nowhere/smtp\"");
        is(&read(&mut missing, None)[0], Level::Wrong, "`smtp_url_file`");
        is(&judge("smtp_url", Path::new("x"), Ok((None, 0))), Level::Wrong, "put the secret there");
    }

    #[test]
    fn a_configuration_that_holds_secrets_is_a_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut config = config("[user]\ndatabase_url = \"mysql://u:p@h/d\"");
        set_mode(file.path(), 0o644);
        is(&read(&mut config, Some(file.path()))[0], Level::Warning, "user.database_url_file");
        set_mode(file.path(), 0o600);
        assert!(read(&mut config, Some(file.path())).is_empty());
    }
}
