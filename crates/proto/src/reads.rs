//! Which methods only read, as their `.proto` says: those may be asked again where an answer did not come.

use std::collections::HashSet;
use std::sync::OnceLock;

use prost::Message as _;
use prost_types::method_options::IdempotencyLevel;
use prost_types::{FileDescriptorSet, MethodOptions};

/// Whether a method, `/berth.v1.Users/Find`, is unary and says `idempotency_level = NO_SIDE_EFFECTS`.
pub fn is_read(method: &str) -> bool {
    static READS: OnceLock<HashSet<String>> = OnceLock::new();
    READS.get_or_init(reads).contains(method)
}

fn reads() -> HashSet<String> {
    // What cannot be read says of no method that it only reads, which is safe; the test below would notice.
    let files = FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap_or_default().file;
    let mut reads = HashSet::new();
    for file in files {
        for service in &file.service {
            for method in &service.method {
                let level = method.options.as_ref().map(MethodOptions::idempotency_level);
                let is_unary = !method.client_streaming() && !method.server_streaming();
                if is_unary && level == Some(IdempotencyLevel::NoSideEffects) {
                    reads.insert(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
                }
            }
        }
    }
    reads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_told_from_commands_and_streams() {
        for read in ["/berth.v1.Users/Find", "/berth.v1.Verifier/Check", "/berth.v1.Engine/List"] {
            assert!(is_read(read), "{read}");
        }
        for other in [
            "/berth.v1.Allocations/Settle",
            "/berth.v1.Engine/ContainerStop",
            "/berth.v1.Engine/ReadinessWait",
            "/berth.v1.Engine/Logs",
            "/berth.v1.Verifier/Closures",
            "/berth.v1.Users/Nothing",
        ] {
            assert!(!is_read(other), "{other}");
        }
    }
}
