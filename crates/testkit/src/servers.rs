//! The real backing servers that `stack/servers.sh up` started. A test that needs one and finds none fails: a suite that
//! skips is green for the wrong reason.

pub mod own;
mod prefix;
pub mod slots;

use std::hash::{BuildHasher as _, RandomState};

pub use own::{Kind, Own};
pub use prefix::RedisPrefix;

/// `mysql://root@HOST:PORT`, without a database.
pub fn mysql() -> String {
    address("TEST_MYSQL_URL")
}

/// `mongodb://HOST:PORT/?…`, a replica set of one.
pub fn mongodb() -> String {
    address("TEST_MONGODB_URL")
}

/// `HOST:PORT` of the only node.
pub fn cassandra() -> String {
    address("TEST_CASSANDRA")
}

/// `redis://HOST:PORT`.
pub fn redis() -> String {
    address("TEST_REDIS_URL")
}

/// `HOST:PORT` of the only broker.
pub fn kafka() -> String {
    address("TEST_KAFKA")
}

fn address(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set, so there is no server to test on: run `stack/servers.sh up`, \
             then `eval \"$(stack/servers.sh env)\"` (make test does both)"
        )
    })
}

/// A name that no other test has, for a database, a keyspace, a key prefix or a topic prefix: `PREFIX_0123456789abcdef`.
/// With a prefix of up to 31 letters, digits and underscores every server takes it: Cassandra's names end at 48.
///
/// # Panics
/// On a prefix that some server would refuse.
pub fn unique(prefix: &str) -> String {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let letter_first = prefix.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    assert!(letter_first && prefix.len() <= 31 && prefix.bytes().all(fits), "no server takes a name like `{prefix}`");
    // The standard library's hash keys come from the kernel, once a thread, and differ for each hasher.
    format!("{prefix}_{:016x}", RandomState::new().hash_one(prefix))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_names_are_equal() {
        let names: HashSet<String> = (0..1000).map(|_| unique("berth_feed")).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.iter().all(|name| name.len() == "berth_feed".len() + 17), "{names:?}");
    }

    #[test]
    #[should_panic(expected = "no server takes a name like `Berth`")]
    fn a_name_that_a_server_would_refuse_is_refused_first() {
        unique("Berth");
    }

    #[test]
    #[should_panic(expected = "TEST_NOWHERE is not set, so there is no server to test on")]
    fn without_a_server_a_test_fails() {
        address("TEST_NOWHERE");
    }
}
