//! Somebody is told by mail, by text and by webhook, once for each event, also when the platform dies in between.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use berth_tests::berth::{Setup, subject_of};
use berth_tests::receiver::Received;
use berth_tests::{Berth, Receiver, machine, until};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;

/// Stand-ins are on loopback, where nothing is delivered otherwise.
const PRIVATE: &str = "[notification]\nwebhooks_allow_private = true\n";

#[tokio::test(flavor = "multi_thread")]
async fn mails_tell_what_happened_once_each() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let cache = ada.running("redis", "cache").await;
    berth.mail(&ada.email, "cache").await;
    ada.change(&cache.id, "restart").await;
    ada.add_machine(&machine::shell("short", "echo here I am; echo farewell >&2; exit 3")).await;
    ada.create("short", "mayfly").await;
    let failed = berth.mail(&ada.email, "mayfly").await;
    assert!(plain(&failed).contains("farewell"), "the last lines are in it: {failed}");
    ada.remove(&cache.id).await;
    let told = || async { subjects(&berth, &ada.email) };
    let all = until("every mail", told, |all: &Vec<String>| all.len() >= 6).await;
    let about = |word: &str| all.iter().filter(|subject| subject.to_lowercase().contains(word)).count();
    assert_eq!(about("cache"), 2, "it runs, and it is removed; a restart is no news: {all:?}");
    assert_eq!((about("mayfly"), about("welcome"), about("code")), (1, 1, 1), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_does_not_want_to_hear_is_not_sent() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    let quiet = json!({"items": [{"kind": "allocation_running", "channel": "email", "enabled": false}]});
    ada.put("/notifications/preferences", &quiet).await.expect(200);
    let loud = json!({"items": [{"kind": "password_changed", "channel": "email", "enabled": false}]});
    assert_eq!(ada.put("/notifications/preferences", &loud).await.refusal().status, 400);
    let cache = ada.running("redis", "cache").await;
    ada.remove(&cache.id).await;
    berth.mail(&ada.email, "cache").await;
    let about: Vec<String> = subjects(&berth, &ada.email).into_iter().filter(|text| text.contains("cache")).collect();
    assert_eq!(about.len(), 1, "only the removal is told: {about:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_signed_and_comes_once_across_a_kill() {
    let receiver = Receiver::start().await;
    let setup = Setup { config: PRIVATE.to_owned(), ..Setup::default() };
    let mut berth = Berth::start_with(setup).await;
    let ada = berth.person("ada").await;
    let body = json!({"url": format!("{}/hook", receiver.url), "events": ["*"]});
    let made = ada.post("/notifications/webhooks", &body).await.expect(201);
    let secret = made["secret"].as_str().expect("a secret is told once").to_owned();
    let listed = ada.get("/notifications/webhooks").await;
    assert!(!listed.text.contains(&secret) && listed.text.contains("/hook"), "{}", listed.text);

    // The receiver puts everything off, so that the kill falls between attempts.
    receiver.behave(503);
    let cache = ada.running("redis", "cache").await;
    receiver.until("a first attempt", |request| kind(request) == "allocation.running").await;
    berth.kill().await;
    receiver.behave(200);
    berth.start_again().await;
    ada.remove(&cache.id).await;
    receiver.until("the removal", |request| kind(request) == "allocation.removed").await;
    let accepted = || async { states(&ada, &made["id"]).await };
    until("both to be sent", accepted, |states| states.iter().filter(|state| *state == "sent").count() >= 2).await;

    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in receiver.received() {
        assert_eq!(request.header("webhook-signature"), signature(&secret, &request), "{request:?}");
        let id = request.header("webhook-id").to_owned();
        let of_kind = ids.entry(kind(&request)).or_default();
        if !of_kind.contains(&id) {
            of_kind.push(id);
        }
    }
    assert!(ids.values().all(|ids| ids.len() == 1), "one id for each event, however often it comes: {ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_delivered_to_addresses_inside() {
    let berth = Berth::start().await;
    let ada = berth.person("ada").await;
    for url in [
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://localhost/hook",
        "https://10.0.0.1/hook",
        "https://192.168.1.1:8443/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/hook",
        "https://0.0.0.0/hook",
        "https://2130706433/hook",
    ] {
        let refused = ada.post("/notifications/webhooks", &json!({"url": url, "events": ["*"]})).await.refusal();
        assert_eq!((refused.status, refused.code.as_str()), (422, "webhook_url_forbidden"), "{url}");
    }
    let plain = json!({"url": "http://example.org/hook", "events": ["*"]});
    assert!(matches!(ada.post("/notifications/webhooks", &plain).await.refusal().status, 400 | 422));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_comes_by_text_and_proves_the_number() {
    let gateway = Receiver::start().await;
    let config =
        format!("[notification]\nsms_url = \"{}/sms\"\nsms_token = \"hush\"\nsms_from = \"Berth\"\n", gateway.url);
    let setup = Setup { config: format!("{config}[user]\ncode_pause = \"1s\"\n"), ..Setup::default() };
    let berth = Berth::start_with(setup).await;
    let mut anyone = berth.anyone();
    (anyone.name, anyone.email) = ("ada".to_owned(), "ada@example.org".to_owned());
    let body = machine::with(anyone.sign_up(), json!({"phone_number": "+44 20 7946 0000"}));
    anyone.post("/user/signup", &body).await.expect(201);
    let ask = json!({"email": "ada@example.org", "channel": "sms", "purpose": "verify"});
    let asked = || async { anyone.post("/user/otp", &ask).await.status };
    until("the pause between codes to be over", asked, |status| *status == 202).await;
    let text = gateway.until("the text", |request| request.path == "/sms").await;
    assert_eq!((text.header("authorization"), &text.json()["to"]), ("Bearer hush", &json!("+442079460000")));
    let said = text.json()["text"].as_str().unwrap_or_default().to_owned();
    let code = said.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).expect("six digits").to_owned();
    let proven = anyone.post("/user/verify", &json!({"email": "ada@example.org", "otp": code})).await.expect(200);
    assert_eq!(proven["verified"], true);
    assert!(!berth.log().contains(&code), "a code is not logged");
}

fn subjects(berth: &Berth, email: &str) -> Vec<String> {
    berth.mails(email).iter().map(|mail| subject_of(mail)).collect()
}

/// The plain part, put together again from its folded lines.
fn plain(mail: &str) -> String {
    mail.split("text/html").next().unwrap_or_default().replace("=\r\n", "")
}

fn kind(request: &Received) -> String {
    request.json()["type"].as_str().unwrap_or_default().to_owned()
}

/// As the Standard Webhooks specification computes it.
fn signature(secret: &str, request: &Received) -> String {
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("a secret is base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    let signed = format!("{}.{}.{}", request.header("webhook-id"), request.header("webhook-timestamp"), request.text);
    mac.update(signed.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

async fn states(person: &berth_tests::Person, webhook: &serde_json::Value) -> Vec<String> {
    let path = format!("/notifications/webhooks/{}/deliveries", webhook.as_str().unwrap_or_default());
    let listed = person.get(&path).await.expect(200);
    let items = listed["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["state"].as_str().unwrap_or_default().to_owned()).collect()
}
