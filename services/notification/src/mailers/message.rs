//! A mail as it goes over the wire and into files: one builder, so that both carry the same bytes.

use std::time::{Duration, SystemTime};

use kit::{ErrorCode, Failure};
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::domain::Mail;

/// Who mail is from, such as `Berth <berth@example.org>`.
#[derive(Clone, Debug)]
pub struct Sender(Mailbox);

impl Sender {
    /// `InvalidInput` on `mail_from` where it is no mailbox.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        text.parse().map(Self).map_err(|error| {
            let told = format!("`mail_from` is written like `Berth <berth@example.org>`, not `{text}`: {error}.");
            Failure::invalid("mail_from", told)
        })
    }

    /// The whole message. `InvalidInput` where the recipient is no mail address.
    pub fn message(&self, mail: &Mail) -> Result<Message, Failure> {
        let to: Mailbox = mail
            .to
            .parse()
            .map_err(|error| Failure::invalid("recipient", "This is not a mail address.").operator(error))?;
        let sent = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(mail.at.as_micros()).unwrap_or(0));
        Message::builder()
            .from(self.0.clone())
            .to(to)
            .subject(&mail.subject)
            .date(sent)
            .message_id(Some(self.message_id(mail)))
            // RFC 3834: no machine answers to this.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, &mail.plain))
                    .singlepart(part(ContentType::TEXT_HTML, &mail.html)),
            )
            .map_err(|error| Failure::new(ErrorCode::Internal, "The mail could not be written.").operator(error))
    }

    /// The same for every repetition of a mail.
    pub fn message_id(&self, mail: &Mail) -> String {
        format!("<{}@{}>", mail.id, self.0.email.domain())
    }
}

/// Quoted-printable always: readable in a file, also where a name has letters beyond ASCII.
fn part(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text.to_owned())
}

#[cfg(test)]
pub mod tests {
    use kit::Timestamp;

    use super::*;

    pub fn mail(to: &str) -> Mail {
        Mail {
            id: "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a".into(),
            to: to.into(),
            subject: "483920 is your Berth code".into(),
            plain: "Hello Zoë,\n\n    483920\n".into(),
            html: "<p>\n483920\n</p>\n".into(),
            at: Timestamp::from_micros(1_767_225_600_000_000),
        }
    }

    fn written(to: &str) -> String {
        let sender = Sender::parse("Berth <berth@example.org>").unwrap();
        String::from_utf8(sender.message(&mail(to)).unwrap().formatted()).unwrap()
    }

    #[test]
    fn both_parts_are_readable_and_the_id_is_the_deliverys() {
        let text = written("zoe@example.org");
        assert!(text.contains("Message-ID: <0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a@example.org>\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("Hello Zo=C3=AB,\r\n\r\n    483920\r\n"), "{text}");
        assert!(text.contains("<p>\r\n483920\r\n</p>"), "{text}");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let sender = Sender::parse("berth@example.org").unwrap();
        for to in ["", "ada", "ada@example.org\r\nBcc: eve@example.org"] {
            assert_eq!(sender.message(&mail(to)).unwrap_err().code, ErrorCode::InvalidInput, "{to}");
        }
        assert_eq!(Sender::parse("nobody").unwrap_err().field.as_deref(), Some("mail_from"));
    }
}
