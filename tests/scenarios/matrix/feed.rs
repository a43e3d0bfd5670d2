//! How comments and likes are called.

use serde_json::json;

use super::Call;
use super::callers::Who;
use super::world::World;

pub async fn call(world: &mut World, name: &str, _: Who) -> Option<Call> {
    let machine = Call::of("machine_id", world.thing("machine")).with("id", world.thing("machine"));
    Some(match name {
        "like_show" | "like_clear" | "comment_list" => machine,
        "like_put" => machine.body(json!({"status": "like"})),
        "comment_create" => machine.body(json!({"text": "Runs well."})),
        "comment_edit" => machine.with("id", world.comment().await).body(json!({"text": "Runs very well."})),
        "comment_delete" => machine.with("id", world.comment().await),
        _ => return None,
    })
}
