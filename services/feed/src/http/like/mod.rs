//! `/feed/{machine_id}/like`: what people think of a machine.

pub mod clear;
pub mod put;
pub mod show;
