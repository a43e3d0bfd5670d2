//! `docker-compose.yml` as it is written: from nothing to a walk of the main job, with two replicas of a service, and back to nothing.
//! Minutes each; for who asks: `cargo test -p berth-tests --test compose -- --test-threads 1`.

mod replicas;
mod whole;
