//! What the use cases need of the world, one trait a file. Every failed call is a `Failure` with a code of the table:
//! `store_unavailable` where the database does not answer.

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod codes;
pub mod directory;
pub mod keys;
pub mod passwords;
pub mod sessions;
pub mod tokens;

pub use accounts::AccountStore;
pub use api_keys::ApiKeyStore;
pub use audit::{AuditArchive, AuditBatch, AuditLog};
pub use codes::CodeStore;
pub use directory::{Directory, Expiry, Swept};
pub use keys::KeyStore;
pub use passwords::PasswordHasher;
pub use sessions::SessionStore;
pub use tokens::TokenSigner;
