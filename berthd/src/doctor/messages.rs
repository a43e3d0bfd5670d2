//! The mail server and the gateway for text messages: they answer and let us in. Nothing is sent.

use std::sync::Arc;

use kit::ServiceName;

use super::context::Context;
use super::finding::{Check, Finding};
use super::table::{Area, Job};
use crate::wiring::looks;

const MAIL: Check =
    Check::new("messages.mail", "The mail server greets, encrypts where it should, and takes the account");
const TEXT: Check = Check::new("messages.text", "The gateway for text messages answers");

pub const AREA: Area = Area {
    name: "messages",
    when: "for `berthd up` and for notification, where `smtp_url` or `notification.sms_url` is set",
    checks: &[MAIL, TEXT],
    jobs,
};

fn jobs(context: &Arc<Context>) -> Vec<Job> {
    if !context.has(ServiceName::Notification) {
        return Vec::new();
    }
    let (mail, text) = (context.clone(), context.clone());
    vec![
        Job::new(MAIL, async move { looks::look_at_mail(&mail.config).await.map(judge_mail).into_iter().collect() }),
        Job::new(TEXT, async move { looks::look_at_texts(&text.config).await.map(judge_text).into_iter().collect() }),
    ]
}

fn judge_mail(looked: Result<(), String>) -> Finding {
    let Err(why) = looked else { return MAIL.ok("it takes us") };
    let has = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if has(&["535", "534", "530", "uthentication"]) {
        return MAIL.wrong(
            format!("the mail server refuses the account: {why}"),
            "correct user and password in smtp_url (BERTH_SMTP_URL); a sign such as @ in them is written %40",
        );
    }
    if has(&["ertificate", "TLS", "tls", "STARTTLS"]) {
        return MAIL.wrong(
            format!("no encryption could be agreed with the mail server: {why}"),
            "use smtps:// for port 465, smtp://…?tls=required for 587, and the name that its certificate is for",
        );
    }
    MAIL.wrong(
        format!("the mail server does not answer: {why}"),
        "start it, or correct host and port in smtp_url (BERTH_SMTP_URL); many networks let no port 25 out",
    )
}

fn judge_text(looked: Result<u16, String>) -> Finding {
    match looked {
        // What it says to a question that is no message does not matter.
        Ok(status) if status < 500 => TEXT.ok(format!("it answers (HTTP {status})")),
        Ok(status) => TEXT.warning(
            format!("the gateway answers HTTP {status}"),
            "see whether it works; texts wait meanwhile and are tried again",
        ),
        Err(why) => TEXT.wrong(
            format!("the gateway for text messages does not answer: {why}"),
            "start it, or correct notification.sms_url (BERTH_NOTIFICATION__SMS_URL)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::super::testing::is;
    use super::*;

    #[test]
    fn a_mail_server_is_told_by_what_it_refuses() {
        let of = |why: &str| judge_mail(Err(why.to_owned()));
        assert_eq!(judge_mail(Ok(())).level, Level::Ok);
        is(&of("permanent error (535): 5.7.8 no"), Level::Wrong, "user and password");
        is(&of("invalid peer certificate: UnknownIssuer"), Level::Wrong, "smtps://");
        is(&of("Connection refused"), Level::Wrong, "BERTH_SMTP_URL");
    }

    #[test]
    fn a_gateway_has_only_to_answer() {
        assert_eq!(judge_text(Ok(405)).level, Level::Ok);
        is(&judge_text(Ok(502)), Level::Warning, "tried again");
        is(&judge_text(Err("refused".into())), Level::Wrong, "BERTH_NOTIFICATION__SMS_URL");
    }
}
