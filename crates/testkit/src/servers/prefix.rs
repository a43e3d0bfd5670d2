//! A part of the shared Redis for one test.

use std::process::{Command, Stdio};

use super::{redis, unique};

/// What the keys of one test begin with, `name_0123456789abcdef`. They go when it is dropped, whichever way the test ends.
pub struct RedisPrefix(String);

impl RedisPrefix {
    pub fn new(name: &str) -> Self {
        Self(unique(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for RedisPrefix {
    fn drop(&mut self) {
        let all = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', key) end";
        let (server, keys) = (redis(), format!("{}:*", self.0));
        // What is left has a life of its own; that is no reason to fail a test.
        let _ = Command::new("redis-cli").args(["-u", &server, "EVAL", all, "0", &keys]).stdout(Stdio::null()).status();
    }
}
