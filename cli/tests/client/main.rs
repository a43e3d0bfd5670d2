//! The client against a platform that answers what each test says: the request that each command makes, what people and
//! programs get, and what goes wrong.

mod account;
mod admin;
mod allocations;
mod catalogue;
mod contexts;
mod feed;
mod keys;
mod login;
mod logs;
mod look;
mod notify;
mod refusals;
mod support;
mod terminal;
