//! Which layer of a service a file is in, and which layers it may look at.

/// What the parts of a service are called, as the first name below `src/`.
pub const DELIVERY: [&str; 3] = ["http", "grpc", "consumers"];
/// What answers ports: stores, other services, the outside.
pub const BACKENDS: [&str; 7] = ["store", "peers", "engine", "host", "mailers", "gateways", "crypto"];
/// What only tests see, or what every layer may name.
const FREE: [&str; 8] = ["contract", "testing", "fixtures", "fakes", "samples", "tests", "lib", "main"];

/// `services/NAME/src/LAYER…`: the service and the layer.
pub fn of(path: &str) -> Option<(&str, &str)> {
    let (service, rest) = path.strip_prefix("services/")?.split_once("/src/")?;
    let layer = rest.split('/').next()?;
    Some((service, layer.strip_suffix(".rs").unwrap_or(layer)))
}

/// Whether a file is for tests: a module of tests, what they share, or what they prove backends with.
pub fn is_for_tests(path: &str) -> bool {
    let inside = path.split('/').any(|part| matches!(part.trim_end_matches(".rs"), "tests" | "contract" | "testing"));
    let named = path.trim_end_matches(".rs");
    inside
        || ["_tests", "/contract_runs", "/fakes", "/fixtures", "/samples"].iter().any(|end| named.ends_with(end))
        || path.starts_with("crates/testkit/")
}

/// Why a layer may not look at another of its service; `None` where it may.
pub fn refuses(layer: &str, other: &str) -> Option<&'static str> {
    if layer == other || FREE.contains(&layer) {
        return None;
    }
    let backend = BACKENDS.contains(&other);
    let delivery = DELIVERY.contains(&other);
    match layer {
        "domain" => Some("domain imports only kit"),
        "ports" if other != "domain" => Some("ports are about the domain, nothing else"),
        "use_cases" | "sagas" if backend || delivery => {
            Some("use cases and sagas are written against domain and ports")
        }
        "http" | "grpc" | "consumers" if backend || delivery || other == "sagas" => {
            Some("what is called from outside imports use cases, not what stands behind ports")
        }
        "tasks" if backend || delivery => Some("tasks are written against ports"),
        "events" | "config" if other != "domain" && other != "use_cases" => {
            Some("events and settings are about the domain")
        }
        _ if BACKENDS.contains(&layer) && (delivery || matches!(other, "use_cases" | "sagas" | "tasks")) => {
            Some("what answers a port knows the port and the domain, not who asks")
        }
        _ => None,
    }
}

/// Crates that the domain may name: the language, our words, and pure functions on values. Nothing that knows of time,
/// chance, files, sockets or a wire format.
pub const PURE: [&str; 9] = ["std", "core", "alloc", "kit", "serde", "thiserror", "regex", "sha2", "uuid"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_service_and_layer() {
        assert_eq!(of("services/user/src/http/login.rs"), Some(("user", "http")));
        assert_eq!(of("services/user/src/grpc.rs"), Some(("user", "grpc")));
        assert_eq!(of("crates/kit/src/id.rs"), None);
        assert!(is_for_tests("services/user/src/store/sqlite/tests.rs") && is_for_tests("cli/tests/client.rs"));
        assert!(!is_for_tests("services/user/src/store/sqlite.rs"));
    }

    #[test]
    fn each_layer_looks_down_only() {
        for (layer, other, allowed) in [
            ("domain", "ports", false),
            ("ports", "domain", true),
            ("ports", "use_cases", false),
            ("use_cases", "domain", true),
            ("use_cases", "ports", true),
            ("use_cases", "http", false),
            ("use_cases", "store", false),
            ("sagas", "peers", false),
            ("http", "use_cases", true),
            ("http", "store", false),
            ("http", "sagas", false),
            ("consumers", "store", false),
            ("grpc", "http", false),
            ("tasks", "sagas", true),
            ("tasks", "engine", false),
            ("store", "ports", true),
            ("store", "use_cases", false),
            ("peers", "http", false),
            ("lib", "store", true),
        ] {
            assert_eq!(refuses(layer, other).is_none(), allowed, "{layer} imports {other}");
        }
    }
}
