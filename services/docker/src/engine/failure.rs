//! What the engine's errors mean. Its own texts go to the operator; a user gets our sentence.

use bollard::errors::Error;
use kit::{ErrorCode, Failure};

/// The failure that an error is where nothing better is known about it.
pub fn failure(error: Error) -> Failure {
    match &error {
        Error::DockerResponseServerError { status_code: 503, .. } => unavailable(error),
        Error::DockerResponseServerError { .. }
        | Error::DockerStreamError { .. }
        | Error::DockerContainerWaitError { .. }
        | Error::JsonDataError { .. }
        | Error::JsonSerdeError { .. } => Failure::of(ErrorCode::EngineRefused).operator(error),
        _ => unavailable(error),
    }
}

/// A connection that was refused did nothing; one that broke may have.
#[allow(clippy::needless_pass_by_value, reason = "stands at the end of a chain of errors by value")]
fn unavailable(error: Error) -> Failure {
    let failure = Failure::of(ErrorCode::EngineUnavailable).operator(&error);
    if matches!(error, Error::SocketNotFoundError(_)) { failure } else { failure.unknown() }
}

/// The status and text of the engine's refusal.
pub fn refusal(error: &Error) -> Option<(u16, &str)> {
    match error {
        Error::DockerResponseServerError { status_code, message } => Some((*status_code, message)),
        _ => None,
    }
}

pub fn is_missing(error: &Error) -> bool {
    matches!(refusal(error), Some((404, _)))
}

/// Turns "not there" into `None`.
pub fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure(error)),
    }
}

/// Why a container did not start.
pub fn start_failure(error: Error) -> Failure {
    match refusal(&error) {
        Some((_, text)) if is_port_taken(text) => Failure::of(ErrorCode::PortUnavailable).operator(error),
        Some((_, text)) if is_network_full(text) => {
            Failure::new(ErrorCode::SiteFull, "The network is full.").operator(error)
        }
        _ => failure(error),
    }
}

/// The engine's own table of ports, the kernel's refusal to its proxy, and rootless engines say it differently.
fn is_port_taken(text: &str) -> bool {
    ["port is already allocated", "address already in use", "ports are not available"]
        .iter()
        .any(|it| text.contains(it))
}

fn is_network_full(text: &str) -> bool {
    text.contains("no available IPv4 addresses") || text.contains("no available addresses")
}

/// Whether a network was refused because somebody else has its subnet or bridge.
pub fn is_network_taken(error: &Error) -> bool {
    let taken = |text: &str| {
        text.contains("overlaps with other")
            || text.contains("conflicts with network")
            || text.contains("networks have")
    };
    refusal(error).is_some_and(|(_, text)| taken(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError { status_code, message: message.to_owned() }
    }

    #[test]
    fn the_engines_ways_to_say_that_a_port_is_taken() {
        for text in [
            "driver failed programming external connectivity on endpoint x (y): Bind for 127.0.0.1:20000 failed: port is already allocated",
            "driver failed programming external connectivity on endpoint x (y): Error starting userland proxy: listen tcp4 127.0.0.1:20000: bind: address already in use",
        ] {
            assert_eq!(start_failure(said(500, text)).code, ErrorCode::PortUnavailable);
        }
        assert_eq!(start_failure(said(500, "no such device")).code, ErrorCode::EngineRefused);
    }

    #[test]
    fn an_engine_that_does_not_answer_is_unavailable() {
        let broken = Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!(failure(broken).code, ErrorCode::EngineUnavailable);
        assert_eq!(failure(Error::RequestTimeoutError).left, kit::Left::Unknown);
        assert_eq!(failure(Error::SocketNotFoundError("x".into())).left, kit::Left::Nothing);
    }

    #[test]
    fn the_engines_text_stays_with_the_operator() {
        let failure = failure(said(500, "/var/lib/docker/overlay2/secret"));
        assert!(!failure.detail.contains("overlay2") && failure.operator.unwrap().contains("overlay2"));
    }

    #[test]
    fn a_taken_subnet_is_told_from_other_refusals() {
        assert!(is_network_taken(&said(403, "Pool overlaps with other one on this address space")));
        assert!(is_network_taken(&said(
            403,
            "cannot create network a (b): conflicts with network c (d): networks have overlapping IPv4"
        )));
        assert!(!is_network_taken(&said(409, "network with name x already exists")));
    }
}
