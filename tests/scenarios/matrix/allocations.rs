//! How allocations, their quota and their logs are called.

use serde_json::json;

use super::Call;
use super::callers::Who;
use super::world::World;

pub async fn call(world: &mut World, name: &str, who: Who) -> Option<Call> {
    let allocation = Call::of("id", world.thing("allocation"));
    Some(match name {
        "allocation_list" | "allocation_quota" | "allocation_logs_follow_by_message" => Call::default(),
        "allocation_show"
        | "allocation_start"
        | "allocation_stop"
        | "allocation_restart"
        | "allocation_connection"
        | "allocation_events"
        | "allocation_inspect"
        | "allocation_logs" => allocation,
        "allocation_logs_follow" => Call { query: "?follow=false".to_owned(), ..allocation },
        "allocation_rename" => allocation.body(json!({"name": format!("cache-{}", who as u8)})),
        // Each gets one of the owner's own, so that every removal has something to remove.
        "allocation_remove" => Call { query: "?force=true".to_owned(), ..Call::of("id", another(world, who).await) },
        "allocation_create" => {
            Call::saying(json!({"machine_id": world.thing("machine"), "name": format!("new-{}", who as u8)}))
        }
        "allocation_quota_show" | "allocation_quota_reset" => Call::of("tenant_id", world.thing("tenant")),
        "allocation_quota_set" => Call::of("tenant_id", world.thing("tenant")).body(json!({
            "instances": 20, "cpu": 20, "memory": "20GiB", "disk": "40GiB", "ports": 40,
        })),
        _ => return None,
    })
}

async fn another(world: &World, who: Who) -> String {
    world.owner.request("nginx", &format!("short-{}", who as u8)).await.id
}
