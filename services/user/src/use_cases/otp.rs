//! Sends a code to an address. The answer is the same whether or not somebody has it.

use kit::{ErrorCode, Failure};

use super::App;
use crate::domain::{Channel, Email, NewCode, Purpose};

/// `code_too_soon` with the wait; `no_gateway` for text messages where the platform sends none.
pub async fn otp(app: &App, email: &Email, purpose: Purpose, channel: Channel) -> Result<(), Failure> {
    if channel == Channel::Sms && !app.sms {
        let told = "Codes by text message are not set up on this platform; ask for one by e-mail.";
        return Err(Failure::new(ErrorCode::NoGateway, told).field("channel"));
    }
    let code = NewCode { channel, ..app.draw_code(email, purpose) };
    let (recipient, rules) = (code.recipient, app.config.codes());
    let counted = app.throttle.admit(&recipient, rules, code.at).await?;
    let sent = app.codes.send(email, code, rules).await;
    app.counted(&recipient, counted, sent).await
}
