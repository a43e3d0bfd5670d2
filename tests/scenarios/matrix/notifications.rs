//! How preferences, webhooks and dead letters are called.

use serde_json::json;

use super::Call;
use super::callers::Who;
use super::world::World;

pub async fn call(world: &mut World, name: &str, who: Who) -> Option<Call> {
    let url = |path: &str| format!("http://127.0.0.1:9/{path}/{}", who as u8);
    Some(match name {
        "preferences_show" | "webhook_list" | "dead_letter_list" => Call::default(),
        "preferences_update" => Call::saying(json!({
            "items": [{"kind": "allocation_running", "channel": "email", "enabled": true}],
        })),
        "webhook_create" => Call::saying(json!({"url": url("new"), "events": ["*"]})),
        "webhook_update" => Call::of("id", world.webhook().await).body(json!({"url": url("other")})),
        "webhook_rotate" | "webhook_test" | "webhook_deliveries" | "webhook_delete" => {
            Call::of("id", world.webhook().await)
        }
        // Nobody's: who may resend learns that there is none, others do not get that far.
        "dead_letter_resend" => Call::of("id", super::NOBODY),
        _ => return None,
    })
}
