//! `docker-compose.yml` as it is written: what it promises, from nothing to a walk of the main job, two replicas of a service, and back
//! to nothing. Minutes in all; for who asks: `cargo test -p berth-tests --test compose -- --test-threads 1`.

mod confined;
mod replicas;
mod script;
mod whole;
