//! Makes an account and sends its first code.

use kit::{Act, ErrorCode, Failure, TenantId, UserId};
use secrecy::{ExposeSecret as _, SecretString};

use super::App;
use crate::domain::{Email, NewAccount, Password, Profile, Purpose, User};

/// What a person signs up with.
pub struct SignUp {
    pub email: Email,
    pub password: Password,
    pub profile: Profile,
    pub setup_code: Option<SecretString>,
}

/// `email_taken`, `setup_code_required` or `busy`; nothing is kept then.
pub async fn signup(app: &App, wish: SignUp) -> Result<User, Failure> {
    let at = app.ambient.now();
    let yields_before = app.yields_before();
    if !app.accounts.is_free(&wish.email, yields_before).await? {
        return Err(Failure::of(ErrorCode::EmailTaken).field("email"));
    }
    let may_found = may_found(app, wish.setup_code.as_ref());
    let password_hash = app.passwords.hash(wish.password).await?;
    let code = app.draw_code(&wish.email, Purpose::Verify);
    let new = NewAccount {
        id: UserId::mint(&app.ambient),
        tenant: TenantId::mint(&app.ambient),
        email: wish.email,
        profile: wish.profile,
        password_hash,
        may_found,
        at,
        yields_before,
    };
    let act = Act::anonymous("user.signup", "user", new.id);
    let act = Act { actor: Some(new.id), tenant: Some(new.tenant), ..act };
    let recipient = code.recipient;
    let counted = app.throttle.count(&recipient, at).await?;
    let created = app.accounts.create(new, code, act).await;
    let user = app.counted(&recipient, counted, created).await?;
    tracing::info!(user.id = %user.id, admin = user.admin, "signed up user {}", user.id);
    Ok(user)
}

fn may_found(app: &App, given: Option<&SecretString>) -> bool {
    match (&app.setup_code, given) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wanted), Some(given)) => {
            kit::seal::same(wanted.expose_secret().as_bytes(), given.expose_secret().as_bytes())
        }
    }
}
