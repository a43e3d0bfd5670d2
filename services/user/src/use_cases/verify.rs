//! Proves an e-mail address with the code that was sent there.

use std::net::IpAddr;

use kit::Failure;

use super::App;
use crate::domain::code::code_invalid;
use crate::domain::{Attempt, Email, Purpose, User};

/// The verified user. `code_invalid` for every code that does not fit, and for who is verified already.
pub async fn verify(app: &App, email: Email, otp: &str, from: IpAddr) -> Result<User, Failure> {
    let attempt = attempt(app, email, Purpose::Verify, otp, from);
    let user = app.codes.verify(attempt, app.config.codes()).await?.ok_or_else(code_invalid)?;
    tracing::info!(user.id = %user.id, "verified user {}", user.id);
    Ok(user)
}

pub(super) fn attempt(app: &App, email: Email, purpose: Purpose, otp: &str, from: IpAddr) -> Attempt {
    let hash = app.secrets.code_hash(&email, purpose, otp.trim());
    Attempt { email, purpose, hash, from, at: app.ambient.now() }
}
