//! The endpoints together: who may call them, what they refuse, and what they leave on record.

mod admins;
mod lists;
mod owners;
mod quotas;
