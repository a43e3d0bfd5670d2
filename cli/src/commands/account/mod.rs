//! Commands on one's own account.

mod audit;
mod code;
mod delete;
mod email;
mod export;
mod keys;
mod login;
mod password;
mod profile;
mod sessions;
mod signup;

pub use audit::{audit, audit_list};
pub use code::{ask_for_code, verify};
pub use delete::delete;
pub use email::change_email;
pub use export::export;
pub use keys::keys;
pub use login::{log_in, log_out, who_am_i};
pub use password::{change_password, reset_password};
pub use profile::profile;
pub use sessions::sessions;
pub use signup::sign_up;
