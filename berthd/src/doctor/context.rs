//! What all checks look from: the configuration, which processes it is for, and the time.

use kit::{Ambient, ServiceName};

use crate::config::Config;

/// Which processes a configuration is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topology {
    /// `berthd up`: all services in one process, on one data directory.
    Embedded,
    /// `berthd serve`: these services, each in a process of its own.
    Apart(Vec<ServiceName>),
}

pub struct Context {
    pub config: Config,
    pub topology: Topology,
    pub ambient: Ambient,
}

impl Topology {
    /// As it was asked for; where nothing was asked, by whether servers are named, which only processes of their own use.
    pub fn of(services: &[ServiceName], config: &Config) -> Self {
        match services {
            [] if config.embedded().is_ok() => Self::Embedded,
            [] => Self::Apart(ServiceName::ALL.to_vec()),
            some => Self::Apart(some.to_vec()),
        }
    }

    pub fn has(&self, service: ServiceName) -> bool {
        match self {
            Self::Embedded => true,
            Self::Apart(services) => services.contains(&service),
        }
    }

    /// The services that are processes of their own.
    pub fn apart(&self) -> &[ServiceName] {
        match self {
            Self::Embedded => &[],
            Self::Apart(services) => services,
        }
    }

    /// How the process is started that this is about.
    pub fn command(&self) -> String {
        match self {
            Self::Embedded => "berthd up".to_owned(),
            Self::Apart(services) if services.len() == ServiceName::ALL.len() => {
                "berthd serve, all eight services".to_owned()
            }
            Self::Apart(services) => {
                let names: Vec<&str> = services.iter().map(|name| name.as_str()).collect();
                format!("berthd serve {}", names.join(", "))
            }
        }
    }
}

impl Context {
    pub fn is_embedded(&self) -> bool {
        self.topology == Topology::Embedded
    }

    pub fn has(&self, service: ServiceName) -> bool {
        self.topology.has(service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_names_servers_is_for_processes_of_their_own() {
        let mut config = Config::default();
        assert_eq!(Topology::of(&[], &config), Topology::Embedded);
        assert_eq!(Topology::of(&[ServiceName::Feed], &config).apart(), [ServiceName::Feed]);
        config.kafka.brokers = Some("localhost:9092".to_owned());
        let all = Topology::of(&[], &config);
        assert_eq!((all.apart().len(), all.command().as_str()), (8, "berthd serve, all eight services"));
    }
}
