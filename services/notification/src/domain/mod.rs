//! The rules of this service: what is told to whom, when it is tried again, and how it reads.

pub mod address;
pub mod backoff;
pub mod contact;
pub mod delivery;
pub mod facts;
pub mod kind;
pub mod layout;
pub mod letter;
pub mod news;
pub mod preference;
pub mod text;
pub mod webhook;
mod wording;

pub use contact::{Contact, Reached};
pub use delivery::{Attempt, Channel, Delivery, DeliveryId, Outcome, Record, State};
pub use facts::{Account, Allocation, Facts, Port, Reason};
pub use kind::{Class, EventType, Kind, Subject};
pub use layout::{Mail, Text};
pub use letter::Letter;
pub use news::{AllocationNews, Occurrence, Seen};
pub use preference::{Choice, Setting};
pub use webhook::{Events, Health, Secret, Verdict, Webhook};
