//! The audit list: each event once, unchanged, newest first, and to each user what concerns them.

use bus::Topic;
use kit::{Act, EventId, PageRequest, ServiceName, TenantId, Timestamp, UserId};
use testkit::contract;

use super::{DAY, HOUR, World};
use crate::domain::{ActFilter, ActionFilter, AuditEntry, AuditFilter};
use crate::ports::AuditBatch;

const TOPIC: Topic = Topic::Audit(ServiceName::Allocation);

fn entry(world: &World, action: &str) -> AuditEntry {
    let act = Act::anonymous(action, "allocation", "a");
    AuditEntry { id: EventId::mint(&world.ambient), at: world.ambient.now(), act }
}

async fn take(world: &World, up_to: u64, entries: &[AuditEntry]) {
    let batch = AuditBatch { topic: TOPIC, up_to, entries: entries.to_vec(), unreadable: Vec::new() };
    world.archive.take("t", batch).await.unwrap();
}

fn page(limit: u32) -> PageRequest {
    PageRequest { limit, after: None }
}

async fn list(world: &World, filter: AuditFilter) -> Vec<AuditEntry> {
    world.archive.list(&filter, &page(200)).await.unwrap().items
}

async fn all(world: &World) -> Vec<AuditEntry> {
    list(world, AuditFilter::default()).await
}

contract! {
    pub fn audit_list(world: World) {
        async fn an_act_is_listed_as_it_was_told() {
            let act = Act {
                actor: Some(UserId::mint(&world.ambient)),
                key: Some(kit::ApiKeyId::mint(&world.ambient)),
                address: "2001:db8::1".parse().ok(),
                request_id: Some("r".to_owned()),
                ..Act::anonymous("allocation.stop", "allocation", "a")
            };
            let act = act.as_admin(Some(TenantId::mint(&world.ambient))).detail("name", "redis \"cache\"");
            let told = [AuditEntry { act, ..entry(&world, "") }, entry(&world, "user.login_failed")];
            take(&world, 1, &told).await;
            let listed = all(&world).await;
            assert!(listed.len() == 2 && told.iter().all(|told| listed.contains(told)), "{listed:?}");
        }

        async fn what_is_told_again_changes_nothing() {
            let told = entry(&world, "allocation.stop");
            let other = AuditEntry { act: Act::anonymous("machine.delete", "machine", "m"), ..told.clone() };
            take(&world, 1, std::slice::from_ref(&told)).await;
            take(&world, 2, &[told.clone(), other]).await;
            assert_eq!(all(&world).await, [told]);
        }

        async fn a_position_is_kept_with_its_batch() {
            assert_eq!(world.archive.position("t", TOPIC).await.unwrap(), 0);
            take(&world, 7, &[entry(&world, "allocation.stop")]).await;
            assert_eq!(world.archive.position("t", TOPIC).await.unwrap(), 7);
            assert_eq!(world.archive.position("t", Topic::Audit(ServiceName::Feed)).await.unwrap(), 0);
            assert_eq!(world.archive.position("other", TOPIC).await.unwrap(), 0);
        }

        async fn the_newest_comes_first_page_by_page() {
            let mut told: Vec<AuditEntry> = Vec::new();
            for n in 0..5 {
                told.push(entry(&world, &format!("a.{n}")));
                // Two of them at the same moment.
                if n != 2 {
                    world.clock.advance(HOUR);
                }
            }
            take(&world, 1, &told).await;
            told.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
            assert_eq!(all(&world).await, told);
            let (mut seen, mut wanted) = (Vec::new(), page(2));
            loop {
                let found = world.archive.list(&AuditFilter::default(), &wanted).await.unwrap();
                seen.extend(found.items);
                match found.next {
                    Some(cursor) => wanted = PageRequest { limit: 2, after: Some(cursor) },
                    None => break,
                }
            }
            assert_eq!(seen, told);
        }

        async fn each_filter_narrows_the_list() {
            let (actor, tenant) = (UserId::mint(&world.ambient), TenantId::mint(&world.ambient));
            let begin = world.ambient.now();
            let mut told = Vec::new();
            for (action, kind, id) in [("user.login", "user", "a"), ("users.x", "user", "b"), ("userx", "machine", "a")] {
                told.push(AuditEntry { act: Act::anonymous(action, kind, id), ..entry(&world, "") });
                world.clock.advance(HOUR);
            }
            told[0].act.actor = Some(actor);
            told[1].act.tenant = Some(tenant);
            take(&world, 1, &told).await;
            let kind = |kind: &str| ActFilter { subject_kind: Some(kind.to_owned()), ..ActFilter::default() };
            let action = |action| ActFilter { action: Some(action), ..ActFilter::default() };
            let acts = [
                (action(ActionFilter::Exactly("users.x".to_owned())), vec![1]),
                (action(ActionFilter::Exactly("user.".to_owned())), vec![]),
                (action(ActionFilter::Below("user.".to_owned())), vec![0]),
                (kind("user"), vec![1, 0]),
                (ActFilter { subject_id: Some("a".to_owned()), ..ActFilter::default() }, vec![2, 0]),
                (ActFilter { subject_id: Some("a".to_owned()), ..kind("user") }, vec![0]),
                (ActFilter { since: Some(begin.plus(HOUR)), ..ActFilter::default() }, vec![2, 1]),
                (ActFilter { until: Some(begin.plus(HOUR)), ..ActFilter::default() }, vec![0]),
            ];
            let acts = acts.into_iter().map(|(act, fit)| (AuditFilter { act, ..AuditFilter::default() }, fit));
            let whose = [
                (AuditFilter { actor: Some(actor), ..AuditFilter::default() }, vec![0]),
                (AuditFilter { tenant: Some(tenant), ..AuditFilter::default() }, vec![1]),
                (AuditFilter { actor: Some(actor), tenant: Some(tenant), ..AuditFilter::default() }, vec![]),
            ];
            for (filter, fit) in acts.chain(whose) {
                let fit: Vec<_> = fit.into_iter().map(|n: usize| told[n].clone()).collect();
                assert_eq!(list(&world, filter.clone()).await, fit, "{filter:?}");
            }
        }

        async fn a_user_sees_what_concerns_them_and_nobody_elses() {
            let (user, tenant) = (UserId::mint(&world.ambient), TenantId::mint(&world.ambient));
            let (other, others) = (UserId::mint(&world.ambient), TenantId::mint(&world.ambient));
            let act = |kind, id: &str, actor, tenant| Act { actor, tenant, ..Act::anonymous("a.b", kind, id) };
            let told: Vec<_> = [
                act("machine", "m", Some(user), None),
                act("allocation", "a", Some(other), Some(tenant)),
                act("user", &user.to_string(), None, None),
                act("machine", &user.to_string(), Some(other), None),
                act("allocation", "a", Some(other), Some(others)),
                act("user", &other.to_string(), None, None),
            ]
            .into_iter()
            .map(|act| AuditEntry { act, ..entry(&world, "") })
            .collect();
            take(&world, 1, &told).await;
            let own = world.audit.of_user(user, tenant, &ActFilter::default(), &page(200)).await.unwrap().items;
            let mut ids: Vec<_> = own.iter().map(|entry| entry.id).collect();
            ids.sort();
            let mut expected: Vec<_> = told[..3].iter().map(|entry| entry.id).collect();
            expected.sort();
            assert_eq!(ids, expected);
            let users = ActFilter { subject_kind: Some("user".to_owned()), ..ActFilter::default() };
            let about = world.audit.of_user(user, tenant, &users, &page(200)).await.unwrap().items;
            assert_eq!(about, told[2..3]);
        }

        async fn only_what_is_old_is_forgotten() {
            // Long ago by every clock: a database may have one of its own.
            let begin = Timestamp::from_micros(1_600_000_000_000_000);
            let old = AuditEntry { at: begin, ..entry(&world, "a.old") };
            let young = AuditEntry { at: begin.plus(DAY), ..entry(&world, "a.young") };
            take(&world, 1, &[old, young.clone()]).await;
            assert_eq!(world.archive.forget(begin.minus(HOUR)).await.unwrap(), 0);
            assert_eq!(world.archive.forget(begin).await.unwrap(), 1);
            assert_eq!(all(&world).await, [young]);
        }
    }
}
