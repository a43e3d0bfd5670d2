//! How a question is answered from the copy without the asker noticing that it is one. The copy answers when it is new
//! enough; else the event is waited for; else the owner is asked. A no that rests on the copy is confirmed by the owner.

use std::future::Future;

use kit::Failure;

use super::App;
use crate::domain::Revised;

/// Something that the read model has a copy of and somebody else owns.
pub trait Subject: Send + Sync {
    type Copy: Revised + Send + Sync;
    /// `user`, `machine` or `allocation`, for metrics.
    const NAME: &'static str;

    /// Names caller and subject, for the limit on confirmations.
    fn key(&self) -> String;
    fn copy(&self, app: &App) -> impl Future<Output = Result<Option<Self::Copy>, Failure>> + Send;
    fn owned(&self, app: &App) -> impl Future<Output = Result<Option<Self::Copy>, Failure>> + Send;
}

/// Answers with what `judge` makes of the newest knowledge that is needed; `least` is 0 where any will do.
pub async fn resolve<S: Subject, R>(
    app: &App,
    subject: &S,
    least: u64,
    judge: impl Fn(Option<&S::Copy>) -> Result<R, Failure> + Send + Sync,
) -> Result<R, Failure> {
    let Some(copy) = at_least(app, subject, least).await? else {
        return judge(ask(app, subject, "behind").await?.as_ref());
    };
    let no = match judge(copy.as_ref()) {
        Ok(yes) => return Ok(yes),
        Err(no) => no,
    };
    let (now, key) = (app.ambient.now(), format!("{}/{}", S::NAME, subject.key()));
    if app.confirmations.may_ask(key.clone(), now, app.config.confirm_pause) {
        let verdict = judge(ask(app, subject, "refusal").await?.as_ref());
        app.confirmations.learnt(&key, verdict.is_ok());
        return verdict;
    }
    // The owner was asked a moment ago; what it changed since then is on its way here.
    match at_least(app, subject, revision(copy.as_ref()) + 1).await? {
        Some(newer) => judge(newer.as_ref()),
        // The owner said yes, so it is the copy that is behind: that costs the owner a question and nobody a wrong no.
        None if app.confirmations.said_yes(&key) => judge(ask(app, subject, "behind").await?.as_ref()),
        None => Err(no),
    }
}

/// The copy once it is at this revision, waiting for the event where it is not; `None` when patience is over.
async fn at_least<S: Subject>(app: &App, subject: &S, least: u64) -> Result<Option<Option<S::Copy>>, Failure> {
    // Listening begins before the first look, so that nothing falls between the two.
    let mut news = app.news.listen();
    let copy = subject.copy(app).await?;
    if revision(copy.as_ref()) >= least {
        return Ok(Some(copy));
    }
    let waiting = async {
        loop {
            // Of what another replica takes in nothing is heard here, so the copy is looked at without news too.
            let _ = tokio::time::timeout(app.config.look_again, news.changed()).await;
            let copy = subject.copy(app).await?;
            if revision(copy.as_ref()) >= least {
                return Ok(Some(copy));
            }
        }
    };
    tokio::time::timeout(app.config.patience, waiting).await.unwrap_or(Ok(None))
}

async fn ask<S: Subject>(app: &App, subject: &S, why: &'static str) -> Result<Option<S::Copy>, Failure> {
    metrics::counter!("berth_verifier_owner_asked_total", "subject" => S::NAME, "why" => why).increment(1);
    subject.owned(app).await
}

fn revision<T: Revised>(copy: Option<&T>) -> u64 {
    copy.map_or(0, Revised::revision)
}
