//! Ports that are computations: password hashes and signed tokens.

pub mod argon;
pub mod jwt;

pub use argon::Argon;
pub use jwt::JwtSigner;
