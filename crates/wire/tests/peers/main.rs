//! How services reach each other, on real sockets: who is let in, what happens when a peer goes, and what is tried again.

mod balance;
mod certificates;
mod deadlines;
mod drain;
mod entry;
mod retries;
mod streams;
mod support;
