//! What systemd is told, where it is what started the process: that it serves, what it waits for, and that it goes. Without
//! `NOTIFY_SOCKET` nobody is told anything.

use sd_notify::NotifyState;

/// It answers at its address, if only with what it waits for. That is "started": an engine or a server that is away would
/// else hold up the host's boot, and the package's upgrade, for as long as it is away.
pub fn serving() {
    tell(&[NotifyState::Ready]);
}

/// One line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// It drains, and will end by itself.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("draining")]);
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the supervisor does not listen");
    }
}
