//! The platform as its users have it: a real `berthd up` each, a real engine, real images, real clients.

mod accounts;
mod backup;
mod bad_input;
mod catalogue;
mod crash;
mod drain;
mod engine_down;
mod feed;
mod first_admin;
mod idempotency;
mod image_missing;
mod isolation;
mod main_job;
mod matrix;
mod notifications;
mod readiness;
mod strangers;
mod traces;
mod two_berths;
