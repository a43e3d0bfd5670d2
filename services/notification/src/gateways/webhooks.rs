//! Events to receivers that users name. Users choose the address, so that this is where somebody would try to make the
//! platform speak to its own insides: public addresses only, no redirects, no proxy, and nothing read of the answer but
//! its status.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::{ErrorCode, Failure, Timestamp};
use reqwest::Url;
use reqwest::redirect::Policy;
use serde::Serialize;

use super::client::LazyClient;
use super::guard::{Guard, Reach, turned_by};
use super::signature::signatures;
use crate::domain::webhook::LONGEST_URL;
use crate::domain::{Account, Allocation, Facts};
use crate::ports::{Call, Resolver, WebhookSender};

/// How long a receiver may take, from its name to its answer; shorter than a delivery is held.
const DEADLINE: Duration = Duration::from_secs(10);

/// Sends over HTTP, signed.
pub struct HttpWebhooks {
    client: LazyClient,
    guard: Guard,
}

/// What a receiver gets.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Details(&'a std::collections::BTreeMap<String, String>),
    Allocation(&'a Allocation),
    Account(&'a Account),
}

impl HttpWebhooks {
    pub fn new(resolver: Arc<dyn Resolver>, reach: Reach) -> Self {
        // Each has its own look-ups: what people try out does not keep deliveries waiting.
        let (guard, resolving) = (Guard::new(resolver.clone(), reach.clone()), Guard::new(resolver, reach));
        let client = LazyClient::new(move |builder| {
            builder
                .dns_resolver(resolving.clone())
                .redirect(Policy::none())
                .no_proxy()
                // A connection that is kept would go on to an address that was looked at long ago.
                .pool_max_idle_per_host(0)
                .timeout(DEADLINE)
                .user_agent("Berth-Webhooks/1")
        });
        Self { client, guard }
    }

    /// A URL whose form is right; an address in it is looked at, a name is not yet.
    fn parse(&self, text: &str) -> Result<Url, Failure> {
        let invalid = |told: &str| Failure::invalid("url", told);
        let url = Url::parse(text).map_err(|_| invalid("This is not a URL, such as https://example.org/berth."))?;
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && self.guard.reach.in_clear_text());
        if !scheme || url.host_str().is_none_or(str::is_empty) {
            return Err(invalid("A webhook's URL begins with https:// and names a host."));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(invalid("A webhook's URL has no user, password or fragment in it."));
        }
        if url.as_str().len() > LONGEST_URL {
            return Err(invalid("A webhook's URL has at most 1000 characters."));
        }
        match literal(&url) {
            Some(address) => self.guard.admit(address).map(|()| url),
            None => Ok(url),
        }
    }
}

/// The address where a URL has one in place of a name; the client asks no resolver for it.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[async_trait]
impl WebhookSender for HttpWebhooks {
    async fn check(&self, url: &str) -> Result<String, Failure> {
        let url = self.parse(url)?;
        if let (None, Some(host)) = (literal(&url), url.host_str()) {
            self.guard.addresses(host).await.map_err(at_fault)?;
        }
        Ok(url.into())
    }

    async fn send(&self, call: &Call) -> Result<u16, Failure> {
        let url = self.parse(&call.url)?;
        let body = body(call)?;
        let request = self
            .client
            .get()
            .map_err(|ours| Failure::of(ErrorCode::PeerUnavailable).operator(ours))?
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &call.id)
            .header("webhook-timestamp", call.at.as_secs().to_string())
            .header("webhook-signature", signatures(&call.secrets, &call.id, call.at, &body)?)
            .body(body);
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(turned_by(&error).unwrap_or_else(|| unreachable(format!("{error:?}")).unknown())),
        }
    }
}

/// Who names a host that has no address, or one that nobody tells, is told so; nothing of ours is away.
fn at_fault(failure: Failure) -> Failure {
    match failure.code {
        ErrorCode::WebhookUnreachable | ErrorCode::PeerUnavailable => {
            Failure::new(ErrorCode::WebhookUrlForbidden, failure.detail).field("url")
        }
        _ => failure,
    }
}

fn unreachable(operator: String) -> Failure {
    Failure::of(ErrorCode::WebhookUnreachable).operator(operator)
}

/// The same bytes for every repetition of an event.
fn body(call: &Call) -> Result<String, Failure> {
    let data = match &call.facts {
        Facts::Details(details) => Data::Details(details),
        Facts::Allocation(allocation) => Data::Allocation(allocation),
        Facts::Account(account) => Data::Account(account),
    };
    serde_json::to_string(&Body { kind: call.kind, timestamp: call.occurred_at, data }).map_err(Failure::internal)
}
