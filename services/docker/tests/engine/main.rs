//! The docker service on a real engine, called over gRPC as allocation calls it. Each test is an installation of its own
//! and removes what it made. Without an engine, root and loop devices these tests fail: they never skip.

mod away;
mod isolation;
mod lifecycle;
mod networks;
mod readiness;
mod recovery;
mod volumes;
mod world;
