//! The front door by itself: NGINX as `nginx/door.sh` runs it, with a stand-in behind it that keeps every request. What is true of
//! the platform through it, the scenarios show.

mod abuse;
mod idle;
mod limits;
mod replicas;
mod routes;
mod tls;
