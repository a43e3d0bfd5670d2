//! The engine's events, in our words.

use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use kit::{Failure, Timestamp};

use super::client::DockerEngine;
use super::failure::failure;
use crate::domain::identity::ALLOCATION;
use crate::ports::engine::{Action, Hint};

impl DockerEngine {
    pub(super) async fn follow_hints(
        &self,
        since: Timestamp,
    ) -> Result<BoxStream<'static, Result<Hint, Failure>>, Failure> {
        let docker = self.connected().await?.patient;
        let mut filters = self.filters();
        filters.insert("type".to_owned(), vec!["container".to_owned()]);
        filters.insert("event".to_owned(), ["start", "die", "oom"].map(str::to_owned).to_vec());
        let since = format!("{}.{:06}", since.as_secs(), since.as_micros().rem_euclid(1_000_000));
        let options = EventsOptionsBuilder::default().since(&since).filters(&filters).build();
        let events = docker.events(Some(options)).map_err(failure);
        Ok(events.try_filter_map(|event| async move { Ok(hint(&event)) }).boxed())
    }
}

fn hint(event: &EventMessage) -> Option<Hint> {
    let attributes = event.actor.as_ref()?.attributes.as_ref()?;
    let action = match event.action.as_deref()? {
        "start" => Action::Started,
        "die" => Action::Died,
        "oom" => Action::Oom,
        _ => return None,
    };
    Some(Hint {
        allocation: attributes.get(ALLOCATION)?.parse().ok()?,
        action,
        exit_code: attributes.get("exitCode").and_then(|code| code.parse().ok()),
        at: Timestamp::from_micros(event.time_nano? / 1_000),
    })
}
