//! Accounts in the database: sign-up decides here who is the admin, and every change goes out with its event.

use async_trait::async_trait;
use bus::outbox;
use kit::{Act, ErrorCode, Failure, TenantId, Timestamp, UserId};
use sql::{Connection, Readers, Row, Stored as _, is_unique_violation};

use super::changes::{record, revise, set_password};
use super::sequences::Sequence;
use super::{SqlStore, codes, directory, rows};
use crate::domain::{Changes, Credentials, Email, Gender, NewAccount, NewCode, PhoneNumber, User};
use crate::events::{Actor, Announcer};
use crate::ports::AccountStore;

#[async_trait]
impl AccountStore for SqlStore {
    async fn is_free(&self, email: &Email, yields_before: Timestamp) -> Result<bool, Failure> {
        let taken: bool = sql::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM users WHERE email = ? AND (verified = 1 OR deleting = 1 OR suspended = 1 OR created_at > ?))",
        )
        .bind(email.as_str())
        .bind(yields_before.as_micros())
        .fetch_one(self.database.readers())
        .await
        .stored()?;
        Ok(!taken)
    }

    async fn create(&self, new: NewAccount, code: NewCode, act: Act) -> Result<User, Failure> {
        let (announcer, seen) = (self.announcer(), Seen::look(self.database.readers(), &new.email).await?);
        self.database.write(move |c| Box::pin(async move { create(c, &announcer, seen, new, code, &act).await })).await
    }

    async fn find(&self, user: UserId) -> Result<Option<User>, Failure> {
        let row = sql::query("SELECT * FROM users WHERE id = ?").bind(user.as_bytes());
        row.fetch_optional(self.database.readers()).await.stored()?.as_ref().map(rows::user).transpose()
    }

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, Failure> {
        let row = sql::query("SELECT id, tenant_id, password_hash FROM users WHERE email = ?").bind(email.as_str());
        row.fetch_optional(self.database.readers()).await.stored()?.as_ref().map(credentials).transpose()
    }

    async fn own_credentials(&self, user: UserId) -> Result<Option<Credentials>, Failure> {
        let row = sql::query("SELECT id, tenant_id, password_hash FROM users WHERE id = ?").bind(user.as_bytes());
        row.fetch_optional(self.database.readers()).await.stored()?.as_ref().map(credentials).transpose()
    }

    async fn update(
        &self,
        user: UserId,
        changes: Changes,
        known: Option<Credentials>,
        at: Timestamp,
        act: Act,
    ) -> Result<Option<User>, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let found = match &known {
                    Some(known) => still(c, known).await?,
                    None => rows::by_id(c, user).await?,
                };
                let Some(mut user) = found else { return Ok(None) };
                if known.is_none() && user.guards_number(&changes) {
                    let told = "This number resets the password, so the password is needed to change it.";
                    return Err(Failure::invalid("current_password", told));
                }
                let fields = user.apply(changes);
                if fields.contains(&"phone_number") {
                    codes::forget_texts(c, &user).await?;
                }
                if !fields.is_empty() {
                    let act = act.detail("changed", fields.join(" "));
                    revise(c, &announcer, &mut user, at, "user.updated", act, &fields).await?;
                }
                Ok(Some(user))
            })
        });
        work.await
    }

    async fn change_password(
        &self,
        known: Credentials,
        hash: String,
        at: Timestamp,
        act: Act,
    ) -> Result<bool, Failure> {
        let announcer = self.announcer();
        let work = self.database.write(move |c| {
            Box::pin(async move {
                let user = still(c, &known).await?.filter(User::is_open);
                let Some(mut user) = user else { return Ok(false) };
                set_password(c, &announcer, &mut user, &hash, at, act, &["password"]).await?;
                Ok(true)
            })
        });
        work.await
    }
}

fn credentials(row: &Row) -> Result<Credentials, Failure> {
    Ok(Credentials {
        user: UserId::from_bytes(row.get("id")).ok_or_else(|| rows::broken("user id"))?,
        tenant: TenantId::from_bytes(row.get("tenant_id")).ok_or_else(|| rows::broken("tenant id"))?,
        password_hash: row.get("password_hash"),
    })
}

/// The user, if the password is still the one that was compared with, and the account is not going.
pub async fn still(connection: &mut Connection, known: &Credentials) -> Result<Option<User>, Failure> {
    let row = sql::query("SELECT * FROM users WHERE id = ? AND password_hash = ? AND deleting = 0 FOR UPDATE")
        .bind(known.user.as_bytes())
        .bind(&known.password_hash)
        .fetch_optional(connection)
        .await
        .stored()?;
    row.as_ref().map(rows::user).transpose()
}

/// What a glance before the transaction saw. It nearly always shows that there is nothing to decide, and then a sign-up
/// reads nothing that others write.
#[derive(Clone, Copy)]
struct Seen {
    admin: bool,
    anybody: bool,
    /// Somebody has the address, and may have to make way.
    claimed: bool,
}

impl Seen {
    async fn look(readers: &Readers, email: &Email) -> Result<Self, Failure> {
        let (admin, anybody, claimed) = sql::query_as(
            "SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1), EXISTS (SELECT 1 FROM users),
                 EXISTS (SELECT 1 FROM users WHERE email = ?)",
        )
        .bind(email.as_str())
        .fetch_one(readers)
        .await
        .stored()?;
        Ok(Self { admin, anybody, claimed })
    }
}

/// Whether a sign-up makes the admin. Where the glance saw none, the look that decides is one at a time.
async fn founds(connection: &mut Connection, seen: Seen, may_found: bool) -> Result<bool, Failure> {
    if if may_found { seen.admin } else { seen.anybody } {
        return Ok(false);
    }
    Sequence::Admins.lock(connection).await?;
    if may_found {
        return Ok(!any(connection, "SELECT EXISTS (SELECT 1 FROM users WHERE admin = 1)").await?);
    }
    if any(connection, "SELECT EXISTS (SELECT 1 FROM users)").await? {
        return Ok(false);
    }
    let told = "The first sign-up becomes the admin and needs the set-up code that the server printed.";
    Err(Failure::new(ErrorCode::SetupCodeRequired, told).field("setup_code"))
}

async fn create(
    connection: &mut Connection,
    announcer: &Announcer,
    seen: Seen,
    new: NewAccount,
    code: NewCode,
    act: &Act,
) -> Result<User, Failure> {
    if seen.claimed {
        make_way(connection, announcer, &new.email, new.yields_before).await?;
    }
    let admin = founds(connection, seen, new.may_found).await?;
    let user = User {
        id: new.id,
        tenant: new.tenant,
        email: new.email,
        profile: new.profile,
        verified: false,
        email_unproven: false,
        phone_verified: false,
        admin,
        suspended: false,
        deleting: false,
        created_at: new.at,
        updated_at: new.at,
        revision: 1,
    };
    insert(connection, &user, &new.password_hash).await?;
    outbox::append(connection, &announcer.user("user.created", &user, Actor::User(user.id), &[])).await?;
    record(connection, announcer, act).await?;
    // A sign-up always gets its code: otherwise anybody could keep an address from signing up by asking for codes.
    codes::issue(connection, announcer, &user, &code, user.email.as_str()).await?;
    Ok(user)
}

/// Frees an address that nobody proved in time. `email_taken` where it has an owner.
pub async fn make_way(
    connection: &mut Connection,
    announcer: &Announcer,
    email: &Email,
    yields_before: Timestamp,
) -> Result<(), Failure> {
    match rows::by_email(connection, email).await? {
        None => Ok(()),
        Some(old) if old.yields(yields_before) => directory::delete(connection, announcer, &old, Actor::Platform).await,
        Some(_) => Err(taken()),
    }
}

async fn any(connection: &mut Connection, exists: &'static str) -> Result<bool, Failure> {
    sql::query_scalar(exists).fetch_one(connection).await.stored()
}

async fn insert(connection: &mut Connection, user: &User, password_hash: &str) -> Result<(), Failure> {
    let profile = &user.profile;
    let done = sql::query(
        "INSERT INTO users (id, tenant_id, email, first_name, last_name, phone_number, gender, password_hash, verified,
             admin, email_notification, sms_notification, created_at, updated_at, revision)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(user.id.as_bytes())
    .bind(user.tenant.as_bytes())
    .bind(user.email.as_str())
    .bind(profile.first_name.as_str())
    .bind(profile.last_name.as_str())
    .bind(profile.phone_number.as_ref().map(PhoneNumber::as_str))
    .bind(profile.gender.as_ref().map(Gender::as_str))
    .bind(password_hash)
    .bind(user.verified)
    .bind(user.admin)
    .bind(profile.email_notification)
    .bind(profile.sms_notification)
    .bind(user.created_at.as_micros())
    .bind(user.updated_at.as_micros())
    .bind(user.revision as i64)
    .execute(connection)
    .await;
    match done {
        Err(error) if is_unique_violation(&error) => Err(taken()),
        done => done.stored().map(drop),
    }
}

fn taken() -> Failure {
    Failure::of(ErrorCode::EmailTaken).field("email")
}
