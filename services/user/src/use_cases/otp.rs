//! Sends a code to an address. The answer is the same whether or not somebody has it.

use kit::{ErrorCode, Failure};

use super::App;
use crate::domain::{Email, Purpose};

/// How a code reaches its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Email,
    Sms,
}

/// `code_too_soon` with the wait; `no_gateway` for text messages, which need a gateway.
pub async fn otp(app: &App, email: &Email, purpose: Purpose, channel: Channel) -> Result<(), Failure> {
    if channel == Channel::Sms {
        let told = "Codes by text message are not set up on this platform; ask for one by e-mail.";
        return Err(Failure::new(ErrorCode::NoGateway, told).field("channel"));
    }
    app.codes.send(email, app.draw_code(email, purpose), app.config.codes()).await
}
