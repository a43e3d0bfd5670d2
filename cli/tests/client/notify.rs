//! Preferences and webhooks, request by request.

use serde_json::json;

use crate::support::platform::{Reply, empty, list};
use crate::support::{ID, answering, done};

#[tokio::test]
async fn preferences_are_listed_and_set_one_by_one() {
    let items = [json!({"kind": "new_login", "channel": "email", "enabled": true, "locked": true})];
    let (_, shown) = done("GET /notifications/preferences", list(&items), &["notify", "preferences"]).await;
    assert_eq!(shown, "KIND       CHANNEL  ON   ALWAYS\nnew_login  email    yes  yes\n");
    let words = ["notify", "preferences", "set", "allocation_running", "email", "off"];
    let (asked, shown) = done("PUT /notifications/preferences", list(&items), &words).await;
    assert_eq!(asked.body, json!({"items": [{"kind": "allocation_running", "channel": "email", "enabled": false}]}));
    assert_eq!(shown, "allocation_running does not come by email from now on\n");
}

fn webhook(secret: Option<&str>) -> serde_json::Value {
    let mut webhook = json!({"id": ID, "url": "https://example.org/hook", "events": ["allocation.failed"]});
    if let Some(secret) = secret {
        webhook["secret"] = json!(secret);
    }
    webhook
}

#[tokio::test]
async fn a_secret_is_shown_once_when_a_webhook_is_made_or_its_secret_changed() {
    let (platform, client) =
        answering("POST /notifications/webhooks", Reply::Json(201, webhook(Some("whsec_one")))).await;
    let ran = client.run("notify webhooks add https://example.org/hook --event allocation.failed").await;
    assert!(ran.out.contains("secret  whsec_one") && ran.err.contains("not shown again"), "{ran:?}");
    let body = json!({"url": "https://example.org/hook", "events": ["allocation.failed"]});
    assert_eq!(platform.asked("POST /notifications/webhooks")[0].body, body);
    let line = format!("POST /notifications/webhooks/{ID}/rotate");
    let (_, shown) =
        done(&line, Reply::Json(200, json!({"id": ID, "secret": "whsec_two"})), &["notify", "webhooks", "rotate", ID])
            .await;
    assert_eq!(shown, format!("id      {ID}\nsecret  whsec_two\n"));
}

#[tokio::test]
async fn webhooks_are_listed_changed_tried_and_removed() {
    let (_, shown) = done("GET /notifications/webhooks", list(&[webhook(None)]), &["notify", "webhooks", "ls"]).await;
    assert!(shown.contains("https://example.org/hook  allocation.failed"), "{shown}");
    let path = format!("/notifications/webhooks/{ID}");
    let words =
        ["notify", "webhooks", "update", ID, "--to", "https://example.org/2", "--event", "a.b,c.d", "--active", "on"];
    let (asked, _) = done(&format!("PATCH {path}"), Reply::Json(200, webhook(None)), &words).await;
    assert_eq!(asked.body, json!({"url": "https://example.org/2", "events": ["a.b", "c.d"], "active": true}));
    let (_, shown) =
        done(&format!("POST {path}/test"), Reply::Json(202, json!({"id": "d"})), &["notify", "webhooks", "test", ID])
            .await;
    assert!(shown.contains("notify webhooks deliveries"), "{shown}");
    let delivery = json!({"id": "d", "created_at": "2026-01-31T09:30:00Z", "event": "webhook.test", "state": "sent", "attempts": 1, "status": 204});
    let words = ["notify", "webhooks", "deliveries", ID];
    let (_, shown) = done(&format!("GET {path}/deliveries"), list(&[delivery]), &words).await;
    assert!(shown.contains("2026-01-31 09:30:00  webhook.test  sent   1      204"), "{shown}");
    let (_, shown) = done(&format!("DELETE {path}"), empty(204), &["notify", "webhooks", "rm", ID, "--yes"]).await;
    assert_eq!(shown, format!("{ID} is removed\n"));
}
