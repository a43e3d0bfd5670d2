//! How accounts, sessions, keys and the audit list are called.

use berth_tests::Person;
use berth_tests::person::PASSWORD;
use serde_json::{Value, json};

use super::callers::Who;
use super::world::World;
use super::{Call, NOBODY};

/// Whether a call that succeeds leaves its caller without a session: somebody new makes each.
pub fn ends_its_session(name: &str) -> bool {
    matches!(name, "user_logout" | "user_password_change" | "user_me_delete")
}

pub async fn call(world: &mut World, name: &str, who: Who, caller: &Person) -> Option<Call> {
    if let Some(call) = by_anybody(world, name, who) {
        return Some(call);
    }
    Some(match name {
        "user_me_show" | "user_logout" | "user_me_delete" | "user_session_list" | "user_api_key_list"
        | "user_me_export" | "user_me_audit_list" | "user_audit_list" | "user_list" => Call::default(),
        "user_me_update" => Call::saying(json!({"gender": "female"})),
        "user_password_change" => Call::saying(json!({"current_password": PASSWORD, "new_password": PASSWORD})),
        "user_email_change" => {
            Call::saying(json!({"email": format!("new{}@example.org", who as u8), "password": PASSWORD}))
        }
        "user_session_delete" => Call::of("id", session(world).await),
        "user_api_key_create" => Call::saying(key(who)),
        "user_api_key_delete" => Call::of("id", own_key(world).await),
        "user_show" => Call::of("id", world.thing("stranger")),
        "user_admin_grant" | "user_admin_revoke" | "user_suspend" | "user_resume" | "user_delete" => {
            Call::of("id", somebody(world, who, caller).await)
        }
        _ => return None,
    })
}

/// What needs no token; each refers to nobody's account, so that a password or a code is all that could be wrong.
fn by_anybody(world: &World, name: &str, who: Who) -> Option<Call> {
    let nobody = "nobody@example.org";
    Some(match name {
        "user_jwks_show" => Call::default(),
        "user_signup" => Call::saying(json!({
            "email": format!("signup{}@example.org", who as u8), "password": PASSWORD, "first_name": "A", "last_name": "B",
        })),
        "user_otp" => Call::saying(json!({"email": format!("otp{}@example.org", who as u8)})),
        "user_verify" => Call::saying(json!({"email": nobody, "otp": "000000"})),
        "user_login" => Call::saying(json!({"email": world.owner.email, "password": PASSWORD})),
        "user_refresh" => Call::saying(json!({"refresh_token": "none"})),
        "user_password_reset" => Call::saying(json!({"email": nobody, "otp": "000000", "new_password": PASSWORD})),
        _ => return None,
    })
}

/// A second session of the owner's.
async fn session(world: &World) -> String {
    let mut elsewhere = world.owner.clone();
    elsewhere.log_in().await;
    let listed = world.owner.get("/user/sessions").await.expect(200);
    let other = listed["items"].as_array().and_then(|all| all.iter().find(|one| one["current"] == false).cloned());
    text(&other.expect("there is a second session"), "id")
}

fn key(who: Who) -> Value {
    json!({"name": format!("key {}", who as u8), "scopes": ["logs:read"]})
}

/// The owner's key that is shown to whoever wants it gone.
async fn own_key(world: &mut World) -> String {
    let number = world.next();
    let body = json!({"name": format!("short-lived {number}"), "scopes": ["logs:read"]});
    text(&world.owner.post("/user/api-keys", &body).await.expect(201), "id")
}

/// Somebody for an admin to act on; nobody where it must not come so far.
async fn somebody(world: &mut World, who: Who, _: &Person) -> String {
    if matches!(who, Who::Admin | Who::KeyWith) {
        return world.fresh(Who::Stranger).await.id().await;
    }
    NOBODY.to_owned()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
