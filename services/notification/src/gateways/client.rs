//! An HTTP client that is made when it is first needed. A host without CA certificates cannot have one that speaks TLS;
//! that must keep messages back, not the platform from starting.

use std::sync::OnceLock;

use reqwest::{Client, ClientBuilder};

/// How a client is made.
type Make = Box<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// A client to be.
pub struct LazyClient {
    made: OnceLock<Client>,
    make: Make,
}

impl LazyClient {
    pub fn new(make: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> Self {
        Self { made: OnceLock::new(), make: Box::new(make) }
    }

    /// The one client, or for the operator why there is none.
    pub fn get(&self) -> Result<&Client, String> {
        if let Some(client) = self.made.get() {
            return Ok(client);
        }
        let client = (self.make)(Client::builder()).build().map_err(|error| format!("{error:?}"))?;
        Ok(self.made.get_or_init(|| client))
    }
}
