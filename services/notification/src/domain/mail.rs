//! What the code mail says, in plain text and in HTML. Lines are short, so that the transfer encoding never breaks the
//! code in two; the code stands first, where a phone's preview shows it.

use std::time::Duration;

use kit::Timestamp;

use super::delivery::{Delivery, Kind};

/// A message as it is handed to a mailer; headers and encoding are the mailer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The same for every repetition.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub plain: String,
    pub html: String,
    /// When it was asked for.
    pub at: Timestamp,
}

/// What differs between the kinds of code mail.
struct Wording {
    subject: &'static str,
    purpose: &'static str,
    unasked: &'static str,
}

const fn wording(kind: Kind) -> Wording {
    match kind {
        Kind::VerifyCode => Wording {
            subject: "is your Berth code",
            purpose: "Enter this code to confirm your e-mail address:",
            unasked: "If you did not sign up for Berth, ignore this mail:\nwithout the code nothing happens.",
        },
        Kind::ResetCode => Wording {
            subject: "is your Berth password reset code",
            purpose: "Enter this code to choose a new password:",
            unasked: "If you did not ask for this, ignore this mail:\nyour password stays as it is.",
        },
    }
}

/// The mail for a delivery, sent at `at`.
pub fn code_mail(delivery: &Delivery, code: &str, at: Timestamp) -> Mail {
    let wording = wording(delivery.kind);
    let minutes = minutes(delivery.expires_at.since(at));
    let name = shown(&delivery.first_name);
    Mail {
        id: delivery.id.to_string(),
        to: delivery.recipient.clone(),
        subject: format!("{code} {}", wording.subject),
        plain: plain(&wording, &name, code, &minutes),
        html: html(&wording, &name, code, &minutes),
        at: delivery.created_at,
    }
}

fn plain(wording: &Wording, name: &str, code: &str, minutes: &str) -> String {
    let Wording { purpose, unasked, .. } = wording;
    format!(
        "Hello {name},\n\n{purpose}\n\n    {code}\n\nIt works once, within {minutes}. \
         Never tell it to anyone;\nBerth will not ask you for it.\n\n{unasked}\n\n-- \nBerth\n"
    )
}

fn html(wording: &Wording, name: &str, code: &str, minutes: &str) -> String {
    let (name, unasked) = (escape(name), wording.unasked.replace('\n', "<br>\n"));
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your Berth code</title></head>
<body style="margin:0;padding:24px;background:whitesmoke;
 font-family:sans-serif;font-size:16px;color:black">
<div style="max-width:480px;margin:0 auto;padding:32px;
 background:white;border-radius:12px">
<p style="margin:0 0 16px">
Hello {name},</p>
<p style="margin:0 0 16px">
{purpose}</p>
<p style="margin:0 0 16px;padding:16px;text-align:center;
 background:aliceblue;border-radius:8px;color:navy;
 font-family:monospace;font-size:40px;font-weight:bold;
 letter-spacing:8px">
{code}
</p>
<p style="margin:0 0 16px">It works once, within {minutes}.
Never tell it to anyone;<br>
Berth will not ask you for it.</p>
<p style="margin:0;font-size:13px;color:dimgray">
{unasked}</p>
</div>
</body>
</html>
"#,
        purpose = wording.purpose,
    )
}

fn minutes(left: Duration) -> String {
    match (left.as_secs() + 30) / 60 {
        0 | 1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// A name is somebody's input: one line, not endless.
fn shown(name: &str) -> String {
    let line: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    if line.trim().is_empty() { "there".to_owned() } else { line }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use kit::Ambient;

    use super::super::delivery::tests::delivery;
    use super::*;

    #[test]
    fn the_code_stands_in_the_subject_and_on_a_line_of_its_own() {
        let delivery = delivery(&Ambient::system());
        let mail = code_mail(&delivery, "483920", delivery.created_at);
        assert_eq!(mail.subject, "483920 is your Berth code");
        for part in [&mail.plain, &mail.html] {
            assert!(part.lines().any(|line| line.trim() == "483920"), "{part}");
            assert!(part.contains("within 10 minutes"), "{part}");
            assert!(part.lines().all(|line| line.len() <= 76), "{part}");
        }
    }

    #[test]
    fn a_reset_says_that_it_is_one() {
        let mut delivery = delivery(&Ambient::system());
        delivery.kind = Kind::ResetCode;
        let mail = code_mail(&delivery, "000001", delivery.created_at);
        assert_eq!(mail.subject, "000001 is your Berth password reset code");
        assert!(mail.plain.contains("choose a new password") && mail.html.contains("choose a new password"));
    }

    #[test]
    fn a_name_cannot_add_lines_or_markup() {
        let mut delivery = delivery(&Ambient::system());
        delivery.first_name = "<b>Eve</b>\r\nBcc: all".into();
        let mail = code_mail(&delivery, "483920", delivery.created_at);
        assert!(mail.html.contains("Hello &lt;b&gt;Eve&lt;/b&gt;Bcc: all,"), "{}", mail.html);
        assert!(mail.plain.starts_with("Hello <b>Eve</b>Bcc: all,\n"), "{}", mail.plain);
    }

    #[test]
    fn what_is_left_is_told_in_minutes() {
        assert_eq!(minutes(Duration::from_secs(599)), "10 minutes");
        assert_eq!(minutes(Duration::from_secs(20)), "a minute");
    }
}
