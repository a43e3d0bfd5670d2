//! How the catalogue is called.

use berth_tests::machine;
use serde_json::json;

use super::Call;
use super::callers::Who;
use super::world::World;

pub async fn call(world: &mut World, name: &str, who: Who) -> Option<Call> {
    let own = format!("mine-{}-{}", name.replace('_', "-"), who as u8);
    Some(match name {
        "machine_list" => Call::default(),
        "machine_show" | "machine_revisions" => Call::of("id", world.thing("machine")),
        "machine_create" => Call::saying(machine::tiny(&own, machine::SERVE)),
        "machine_update" => {
            let headers = vec![("if-match", "\"1\"".to_owned())];
            Call { headers, ..Call::of("id", added(world, &own).await) }.body(json!({"description": "Changed."}))
        }
        "machine_delete" => Call::of("id", added(world, &own).await),
        _ => return None,
    })
}

async fn added(world: &World, name: &str) -> String {
    world.admin.add_machine(&machine::tiny(name, machine::SERVE)).await
}
