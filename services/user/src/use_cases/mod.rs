//! What people and services can do with accounts: one verb a file, written against ports.

pub mod admin_set;
pub mod api_key_check;
pub mod api_key_create;
pub mod api_key_list;
pub mod api_key_resolve;
pub mod api_key_revoke;
pub mod audit_list;
pub mod email_change;
pub mod export;
pub mod keys_publish;
pub mod login;
pub mod logout;
pub mod me_update;
pub mod otp;
pub mod password_change;
mod password_check;
pub mod password_reset;
pub mod refresh;
pub mod session_check;
pub mod session_close;
pub mod session_list;
pub mod sessions_closed;
pub mod signup;
pub mod suspension;
pub mod user_delete;
pub mod user_find;
pub mod user_list;
pub mod verify;

use std::sync::Arc;

use kit::{Ambient, Failure, Left, SessionId, Timestamp};
use secrecy::SecretString;
use tokio::sync::Notify;

use crate::config::UserConfig;
use crate::domain::{Claims, NewCode, NewToken, Purpose, Secrets, User};
use crate::ports::{
    AccountStore, ApiKeyStore, AuditArchive, AuditLog, CodeStore, Directory, EmailChanges, KeptElsewhere, KeyStore,
    PasswordHasher, SessionStore, Settlements, Throttle, TokenSigner,
};

/// What every use case works with.
pub struct App {
    pub accounts: Arc<dyn AccountStore>,
    pub codes: Arc<dyn CodeStore>,
    /// How often codes go out.
    pub throttle: Arc<dyn Throttle>,
    pub email_changes: Arc<dyn EmailChanges>,
    pub sessions: Arc<dyn SessionStore>,
    pub directory: Arc<dyn Directory>,
    pub settlements: Arc<dyn Settlements>,
    pub kept: Arc<dyn KeptElsewhere>,
    pub keys: Arc<dyn KeyStore>,
    pub api_keys: Arc<dyn ApiKeyStore>,
    pub audit: Arc<dyn AuditLog>,
    pub archive: Arc<dyn AuditArchive>,
    pub passwords: Arc<dyn PasswordHasher>,
    pub tokens: Arc<dyn TokenSigner>,
    pub secrets: Secrets,
    pub ambient: Ambient,
    pub config: UserConfig,
    /// What the sign-up that makes the first admin must know; `None` where anybody may be it.
    pub setup_code: Option<SecretString>,
    /// Whether codes can go out as text messages.
    pub sms: bool,
    /// Whether cookies are for encrypted connections only; not where the listener is this machine's own, without TLS.
    pub secure_cookies: bool,
    /// Wakes the task that settles closed accounts.
    pub account_work: Arc<Notify>,
}

/// What a login or a refresh gives. `expires_in` is the access token's life in seconds.
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    pub expires_in: u64,
}

impl App {
    fn draw_code(&self, email: &crate::domain::Email, purpose: Purpose) -> NewCode {
        NewCode::draw(&self.ambient, &self.secrets, &self.config.codes(), email, purpose)
    }

    /// What became of a code that was counted before it went: where it certainly did not go, it does not count.
    async fn counted<T>(
        &self,
        recipient: &[u8; 32],
        counted: Timestamp,
        done: Result<T, Failure>,
    ) -> Result<T, Failure> {
        if done.as_ref().is_err_and(|failure| failure.left == Left::Nothing) {
            // Where that fails, the next code waits for a minute.
            let _ = self.throttle.take_back(recipient, counted).await;
        }
        done
    }

    /// Unverified accounts that are older than this make way for who claims their address.
    fn yields_before(&self) -> Timestamp {
        self.ambient.now().minus(self.config.unverified_yields_after.get())
    }

    /// A refresh token's text, which is told once, and what is kept of it.
    fn draw_token(&self) -> (String, NewToken) {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let text = URL_SAFE_NO_PAD.encode(self.ambient.bytes::<32>());
        let expires_at = self.ambient.now().plus(self.config.refresh_token_life.get());
        let kept = NewToken { hash: self.secrets.token_hash(&text), expires_at };
        (text, kept)
    }

    /// `issued_at` is of before the session was seen open: what closes it afterwards is later than its tokens.
    async fn tokens_for(
        &self,
        user: &User,
        session: SessionId,
        refresh_token: String,
        issued_at: Timestamp,
    ) -> Result<Tokens, Failure> {
        let life = self.config.access_token_life.get();
        let claims =
            Claims { user: user.id, session, revision: user.revision, issued_at, expires_at: issued_at.plus(life) };
        let access_token = self.tokens.sign(claims).await?;
        Ok(Tokens { access_token, refresh_token, expires_in: life.as_secs() })
    }
}
