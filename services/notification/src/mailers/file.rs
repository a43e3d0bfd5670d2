//! Mail as files, for who tries Berth out without a mail server: each a file whose name is logged, so that a newcomer
//! finds the code.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kit::{ErrorCode, Failure};

use super::Sender;
use crate::domain::Mail;
use crate::ports::Mailer;

/// Writes `<directory>/<time>-<recipient>.eml`, readable by its owner only.
pub struct FileMailer {
    directory: PathBuf,
    sender: Sender,
}

impl FileMailer {
    pub const fn new(directory: PathBuf, sender: Sender) -> Self {
        Self { directory, sender }
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let message = self.sender.message(mail)?.formatted();
        let (directory, name, id) = (self.directory.clone(), file_name(mail), self.sender.message_id(mail));
        let written = tokio::task::spawn_blocking(move || write(&directory, &name, &id, &message));
        let path = written.await.map_err(Failure::internal)?.map_err(cannot_write)?;
        tracing::info!("wrote mail for {} to {}", mail.to, path.display());
        Ok(())
    }
}

fn cannot_write(error: io::Error) -> Failure {
    Failure::new(ErrorCode::MailServerUnavailable, "The mail could not be written to its file.").operator(error)
}

/// Time and recipient in characters that mean nothing to a shell or a file system.
fn file_name(mail: &Mail) -> String {
    let time: String = mail.at.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '_' | '+' | '-');
    let to: String = mail.to.chars().take(100).map(|c| if plain(c) { c } else { '_' }).collect();
    format!("{time}-{to}")
}

/// A file under its final name is whole. A mail that is written again keeps its file; another one gets the next name.
fn write(directory: &Path, name: &str, id: &str, message: &[u8]) -> io::Result<PathBuf> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let path = free_path(directory, name, id)?;
    let part = path.with_extension("part");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(message)?;
    file.sync_all()?;
    std::fs::rename(&part, &path)?;
    Ok(path)
}

fn free_path(directory: &Path, name: &str, id: &str) -> io::Result<PathBuf> {
    let mut path = directory.join(format!("{name}.eml"));
    for number in 2_u32.. {
        match std::fs::read_to_string(&path) {
            Ok(other) if !other.contains(id) => path = directory.join(format!("{name}-{number}.eml")),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::message::tests::mail;
    use super::*;

    fn mailer(directory: &Path) -> FileMailer {
        FileMailer::new(directory.join("mail"), Sender::parse("Berth <berth@localhost>").unwrap())
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory.join("mail")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_mail_is_one_private_file_however_often_it_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let mailer = mailer(directory.path());
        for _ in 0..2 {
            mailer.send(&mail("ada@example.org")).await.unwrap();
        }
        assert_eq!(names(directory.path()), ["20260101T000000.000000Z-ada@example.org.eml"]);
        let path = directory.path().join("mail").join(&names(directory.path())[0]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::read_to_string(path).unwrap().contains("\r\n    483920\r\n"));
    }

    #[tokio::test]
    async fn two_mails_at_one_moment_are_two_files() {
        let directory = tempfile::tempdir().unwrap();
        let mailer = mailer(directory.path());
        mailer.send(&mail("ada@example.org")).await.unwrap();
        let other = Mail { id: "another".into(), ..mail("ada@example.org") };
        mailer.send(&other).await.unwrap();
        assert_eq!(names(directory.path()).len(), 2);
    }

    #[test]
    fn a_recipient_cannot_leave_the_directory() {
        let name = file_name(&mail("../../etc/x y@example.org"));
        assert_eq!(name, "20260101T000000.000000Z-.._.._etc_x_y@example.org");
    }
}
