//! What the use cases need of the world, one trait a file. Every failed call is a `Failure` with a code of the table:
//! `store_unavailable` where the database does not answer. What changes something takes the act that it is recorded as; where
//! only the transaction finds out whose account it was about, that is filled in there.

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod codes;
pub mod directory;
pub mod email_changes;
pub mod holdings;
pub mod kept_elsewhere;
pub mod keys;
pub mod passwords;
pub mod sessions;
pub mod settlements;
pub mod throttle;
pub mod tokens;

pub use accounts::AccountStore;
pub use api_keys::ApiKeyStore;
pub use audit::{AuditArchive, AuditBatch, AuditLog};
pub use codes::CodeStore;
pub use directory::{Directory, Expiry, Swept};
pub use email_changes::EmailChanges;
pub use holdings::Holdings;
pub use kept_elsewhere::KeptElsewhere;
pub use keys::KeyStore;
pub use passwords::PasswordHasher;
pub use sessions::SessionStore;
pub use settlements::Settlements;
pub use throttle::Throttle;
pub use tokens::TokenSigner;
