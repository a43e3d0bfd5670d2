//! The rules of accounts: what an account, a code, a session and a signing key are, and when each ends. No I/O.

pub mod api_key;
pub mod audit;
pub mod code;
pub mod email;
pub mod export;
pub mod listing;
pub mod person;
pub mod place;
pub mod secrets;
pub mod session;
pub mod settlement;
pub mod signing_key;
pub mod user;

pub use api_key::{ApiKey, EXPIRED_LISTED, KeyName, MOST_KEYS, NewApiKey};
pub use audit::{ActFilter, ActionFilter, AuditEntry, AuditFilter};
pub use code::{Attempt, Channel, CodeRules, NewCode, Purpose};
pub use email::Email;
pub use listing::{Filter, Listing, Sort, SortBy};
pub use person::{Gender, Password, PersonName, PhoneNumber};
pub use secrets::Secrets;
pub use session::{Claims, Closure, MOST_SESSIONS, NewSession, NewToken, Reason, Rotation, Session};
pub use settlement::{Settlement, Wish, Worker};
pub use signing_key::{KeyLives, SigningKey};
pub use user::{Changes, Credentials, Edit, NewAccount, Profile, User};
