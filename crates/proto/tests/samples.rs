//! Every event that was ever released is still read: one sample of each is kept in `proto/samples`, and the messages
//! change only by addition. `BERTH_UPDATE=1 cargo test -p proto` adds what is missing; it never changes a sample.

use std::collections::BTreeMap;
use std::path::PathBuf;

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};
use proto::v1;

const ID: &str = "0190b1d6-7f3a-7cc1-9a3e-1f0e5d6c7b8a";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto/samples")
}

fn cause() -> v1::Cause {
    v1::Cause { kind: "user".into(), actor: ID.into() }
}

fn user() -> v1::UserEvent {
    let user = v1::User {
        id: ID.into(),
        tenant_id: ID.into(),
        email: "ada@example.org".into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        phone_number: Some("+441234".into()),
        verified: true,
        created_at: 1,
        updated_at: 2,
        revision: 3,
        ..v1::User::default()
    };
    v1::UserEvent { user: Some(user), cause: Some(cause()), changed: vec!["verified".into()] }
}

fn machine() -> v1::MachineEvent {
    let limits = v1::Limits { cpu_millis: 500, memory: 1 << 26, pids: 32, disk: 1 << 26 };
    let port = v1::Port { name: "redis".into(), container_port: 6379, protocol: "tcp".into(), primary: true };
    let spec = v1::MachineSpec {
        name: "redis".into(),
        category: "database".into(),
        image: "redis:7.0".into(),
        ports: vec![port],
        default_limits: Some(limits),
        maximum_limits: Some(limits),
        ..v1::MachineSpec::default()
    };
    let machine = v1::Machine { id: ID.into(), spec: Some(spec), active: true, revision: 1, ..v1::Machine::default() };
    v1::MachineEvent { machine: Some(machine), cause: Some(cause()), changed: vec!["created".into()] }
}

fn allocation() -> v1::AllocationEvent {
    let port =
        v1::AllocationPort { name: "redis".into(), container_port: 6379, host_port: 20_000, protocol: "tcp".into() };
    let allocation = v1::Allocation {
        id: ID.into(),
        tenant_id: ID.into(),
        name: "quiet-ferry-0001".into(),
        desired: "running".into(),
        state: "running".into(),
        ports: vec![port],
        revision: 6,
        ..v1::Allocation::default()
    };
    v1::AllocationEvent { allocation: Some(allocation), cause: Some(cause()), changed: vec!["state".into()] }
}

fn node() -> v1::NodeEvent {
    let (site, action) = ("local".to_owned(), "died".to_owned());
    v1::NodeEvent { site, allocation_id: ID.into(), action, exit_code: Some(137), at: 1 }
}

fn notification() -> v1::NotificationRequested {
    v1::NotificationRequested {
        id: ID.into(),
        kind: "verify_code".into(),
        user_id: ID.into(),
        channel: "email".into(),
        recipient: "ada@example.org".into(),
        first_name: "Ada".into(),
        sealed_code: vec![1, 2, 3],
        expires_at: 4,
        ..v1::NotificationRequested::default()
    }
}

fn audit() -> v1::AuditRecorded {
    v1::AuditRecorded {
        id: ID.into(),
        at: 1,
        action: "allocation.stop".into(),
        actor: ID.into(),
        tenant_id: Some(ID.into()),
        subject_kind: "allocation".into(),
        subject_id: ID.into(),
        address: Some("192.0.2.1".into()),
        details: [("name".to_owned(), "cache".to_owned())].into(),
        ..v1::AuditRecorded::default()
    }
}

fn notice() -> v1::NotificationRequested {
    v1::NotificationRequested {
        kind: "new_login".into(),
        sealed_code: Vec::new(),
        details: [("address".to_owned(), "192.0.2.1".to_owned())].into(),
        at: 1,
        ..notification()
    }
}

/// A sample's bytes, after it was kept where it is new and updating was asked for.
fn kept(name: &str, fresh: &[u8]) -> Vec<u8> {
    let file = folder().join(name);
    if !file.exists() && std::env::var_os("BERTH_UPDATE").is_some() {
        std::fs::write(&file, fresh).unwrap();
    }
    std::fs::read(&file).unwrap_or_else(|error| panic!("{name}: {error}; BERTH_UPDATE=1 keeps a first sample"))
}

#[test]
fn released_events_are_still_read() {
    assert_eq!(v1::UserEvent::decode(&*kept("user.verified.v1.bin", &user().encode_to_vec())).unwrap(), user());
    assert_eq!(
        v1::MachineEvent::decode(&*kept("machine.created.v1.bin", &machine().encode_to_vec())).unwrap(),
        machine()
    );
    let read = v1::AllocationEvent::decode(&*kept("allocation.running.v1.bin", &allocation().encode_to_vec()));
    assert_eq!(read.unwrap(), allocation());
    assert_eq!(v1::NodeEvent::decode(&*kept("node.container_died.v1.bin", &node().encode_to_vec())).unwrap(), node());
    let read =
        v1::NotificationRequested::decode(&*kept("notification.requested.v1.bin", &notification().encode_to_vec()));
    assert_eq!(read.unwrap(), notification());
    let read = v1::NotificationRequested::decode(&*kept("notification.notice.v1.bin", &notice().encode_to_vec()));
    assert_eq!(read.unwrap(), notice());
    assert_eq!(v1::AuditRecorded::decode(&*kept("audit.recorded.v1.bin", &audit().encode_to_vec())).unwrap(), audit());
}

/// Every field of every message, by its full name: number and type.
fn fields(set: &FileDescriptorSet) -> BTreeMap<String, (i32, i32)> {
    fn add(prefix: &str, message: &DescriptorProto, into: &mut BTreeMap<String, (i32, i32)>) {
        let name = format!("{prefix}.{}", message.name());
        for field in &message.field {
            into.insert(format!("{name}.{}", field.name()), (field.number(), field.r#type().into()));
        }
        message.nested_type.iter().for_each(|nested| add(&name, nested, into));
    }
    let mut all = BTreeMap::new();
    for file in set.file.iter().filter(|file| file.package() == "berth.v1") {
        file.message_type.iter().for_each(|message| add(file.package(), message, &mut all));
    }
    all
}

/// What of the old is gone or was changed.
fn lost(old: &FileDescriptorSet, new: &FileDescriptorSet) -> Vec<String> {
    let new = fields(new);
    fields(old).into_iter().filter(|(name, kind)| new.get(name) != Some(kind)).map(|(name, _)| name).collect()
}

#[test]
fn messages_change_only_by_addition() {
    let now = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    let released = FileDescriptorSet::decode(&*kept("descriptors.v1.bin", proto::DESCRIPTORS)).unwrap();
    assert_eq!(lost(&released, &now), Vec::<String>::new());
    let mut poorer = now.clone();
    let events = poorer.file.iter_mut().find(|file| file.name().ends_with("events.proto")).unwrap();
    events.message_type[0].field.remove(0);
    assert_eq!(lost(&released, &poorer), ["berth.v1.Cause.kind"]);
}
