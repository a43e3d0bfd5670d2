//! What happens on a socket once it is open: a client is admitted, a log is given, until one of the two is over.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use actix_web::web;
use kit::{AllocationId, ErrorCode, Failure, TenantId};
use serde::de::DeserializeOwned;
use tokio_util::task::AbortOnDropHandle;

use super::App;
use super::ending::Ending;
use super::socket::{Gone, Socket};
use super::upgrade::Visitor;
use super::views::{Command, FirstMessage, FrameView};
use crate::domain::LogsWanted;
use crate::ports::Admitted;
use crate::use_cases::{Bounds, Feed, Item, Pace, Rest, Watch, open};

pub struct Conversation {
    app: web::Data<App>,
    socket: Socket,
    /// From the client's admission on.
    watch: Option<AbortOnDropHandle<Failure>>,
    feed: Option<Feed>,
    /// Whether the client says which log, and may say so again.
    commands: bool,
}

/// What happened next.
enum Next {
    Heard(Result<String, Gone>),
    Given(Item),
    Over(Failure),
}

impl From<Gone> for Ending {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl Conversation {
    pub fn new(app: web::Data<App>, socket: Socket) -> Self {
        Self { app, socket, watch: None, feed: None, commands: false }
    }

    /// One log, named by the address.
    pub async fn on_one_log(mut self, visitor: Result<Visitor, Failure>, wanted: LogsWanted) {
        let Err(ending) = self.one_log(visitor, wanted).await;
        self.socket.close(&ending).await;
    }

    /// Logs as the client names them.
    pub async fn on_commands(mut self, visitor: Result<Visitor, Failure>) {
        self.commands = true;
        let Err(ending) = self.by_commands(visitor).await;
        self.socket.close(&ending).await;
    }

    async fn one_log(&mut self, visitor: Result<Visitor, Failure>, wanted: LogsWanted) -> Result<Infallible, Ending> {
        let Visitor { token, tenant, place } = visitor?;
        let (token, tenant) = if let Some(token) = token {
            (token, tenant)
        } else {
            let FirstMessage::Auth { token, tenant: named } = parse(&self.first_message().await?)?;
            (token, named.or(tenant))
        };
        let admitted = self.admit(&token, tenant).await?;
        drop(place);
        self.begin(&admitted, wanted).await?;
        self.go_on().await
    }

    async fn by_commands(&mut self, visitor: Result<Visitor, Failure>) -> Result<Infallible, Ending> {
        let Visitor { tenant, place, .. } = visitor?;
        let first = self.first_message().await?;
        self.obey(&first, tenant).await?;
        if self.watch.is_none() {
            return Err(Failure::of(ErrorCode::Unauthenticated).into());
        }
        drop(place);
        self.go_on().await
    }

    async fn first_message(&mut self) -> Result<String, Ending> {
        let deadline: Duration = self.app.config.first_message.get();
        tokio::select! {
            () = self.app.drain.handover.cancelled() => Err(Failure::of(ErrorCode::ShuttingDown).into()),
            heard = tokio::time::timeout(deadline, self.socket.hear()) => Ok(heard.map_err(|_| Ending::Silent)??),
        }
    }

    /// Checks the token, and watches over its session from then on.
    async fn admit(&mut self, token: &str, tenant: Option<TenantId>) -> Result<Admitted, Failure> {
        let config = &self.app.config;
        let pace = Pace { recheck: config.recheck.get(), again: config.again.get(), benefit: config.benefit.get() };
        let watch = Watch {
            sessions: self.app.sessions.clone(),
            notices: self.app.notices.subscribe(),
            handover: self.app.drain.handover.clone(),
            pace,
        };
        let admitted = self.app.sessions.admit(token, tenant).await?;
        let watch = self.app.runtime.spawn(watch.over(admitted.clone()));
        self.watch = Some(AbortOnDropHandle::new(watch));
        Ok(admitted)
    }

    async fn begin(&mut self, admitted: &Admitted, wanted: LogsWanted) -> Result<(), Failure> {
        let tenant = admitted.caller.tenant;
        let opened = open(&*self.app.allocations, tenant, wanted).await?;
        let config = &self.app.config;
        let rest = Rest { allocations: self.app.allocations.clone(), tenant, every: config.rest.get() };
        let bounds = Bounds { frames: config.backlog_frames, bytes: config.backlog_bytes };
        self.feed = Some(Feed::start(&self.app.runtime, self.app.logs.clone(), opened, rest, bounds));
        Ok(())
    }

    async fn go_on(&mut self) -> Result<Infallible, Ending> {
        loop {
            match self.next().await {
                Next::Over(failure) | Next::Given(Item::Over(Err(failure))) => return Err(failure.into()),
                Next::Heard(text) => self.answer(&text?).await?,
                Next::Given(Item::Frame(frame)) => self.send(frame.into()).await?,
                Next::Given(Item::Over(Ok(reason))) => self.end(reason).await?,
            }
        }
    }

    async fn next(&mut self) -> Next {
        tokio::select! {
            biased;
            failure = over(&mut self.watch) => Next::Over(failure),
            heard = self.socket.hear() => Next::Heard(heard),
            item = given(self.feed.as_ref()) => Next::Given(item),
        }
    }

    /// Sends, but not past the end of the session.
    async fn send(&mut self, frame: FrameView) -> Result<(), Ending> {
        tokio::select! {
            biased;
            failure = over(&mut self.watch) => Err(failure.into()),
            sent = self.socket.send(&frame) => Ok(sent?),
        }
    }

    async fn end(&mut self, reason: String) -> Result<(), Ending> {
        self.feed = None;
        self.send(FrameView::End { reason }).await?;
        if self.commands { Ok(()) } else { Err(Ending::Done) }
    }

    /// A message that is wrong is answered and forgotten; a token that is wrong ends the socket.
    async fn answer(&mut self, text: &str) -> Result<(), Ending> {
        let wrong = if self.commands {
            match self.obey(text, None).await {
                Err(Ending::Failed(failure)) if failure.code.row().status == 400 => failure,
                obeyed => return obeyed,
            }
        } else {
            Failure::new(ErrorCode::InvalidInput, "Nothing more is to be said on this socket.")
        };
        self.send((&wrong).into()).await
    }

    async fn obey(&mut self, text: &str, tenant: Option<TenantId>) -> Result<(), Ending> {
        match parse(text)? {
            Command::CloseLogs { .. } => self.feed = None,
            Command::SendLogs { allocation, token } => {
                self.feed = None;
                let admitted = self.admit(&token, tenant).await?;
                self.begin(&admitted, whole(allocation)).await?;
            }
        }
        Ok(())
    }
}

fn whole(allocation: AllocationId) -> LogsWanted {
    LogsWanted { allocation, follow: true, tail: None, after: None, since: None, output: None, grep: None }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    wire::json::parse(text.as_bytes())
}

async fn over(watch: &mut Option<AbortOnDropHandle<Failure>>) -> Failure {
    match watch {
        Some(watch) => watch.await.unwrap_or_else(Failure::internal),
        None => pending().await,
    }
}

async fn given(feed: Option<&Feed>) -> Item {
    match feed {
        Some(feed) => feed.next().await,
        None => pending().await,
    }
}
