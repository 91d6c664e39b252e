//! Stories of the queue in memory; the laws over random steps are in `conformance`.

use super::*;
use crate::entry::{NewEntry, PayloadKind};
use crate::memory::{Fault, Memory};

fn entries(class: Class, count: i64) -> Vec<NewEntry> {
    (1..=count)
        .map(|n| {
            let ts = UtcTime::from_millis(n * 1000);
            NewEntry::new(class, PayloadKind::Telemetry, ts, 1, vec![b'x'; 10]).unwrap()
        })
        .collect()
}

fn offered(outbox: &mut Outbox, storage: &Memory, limit: usize) -> Vec<(Class, u64)> {
    let batch = outbox.next_batch(storage, Lane::All, limit).unwrap();
    batch
        .iter()
        .map(|entry| (entry.id.class(), entry.id.sequence()))
        .collect()
}

#[test]
fn alert_overtakes_telemetry_that_waits_longer() {
    let (mut storage, mut outbox) = (Memory::default(), Outbox::default());
    storage.push(&entries(Class::Telemetry, 2)).unwrap();
    storage.push(&entries(Class::Alert, 1)).unwrap();
    let batch = offered(&mut outbox, &storage, 2);
    assert_eq!(batch, [(Class::Alert, 1), (Class::Telemetry, 1)]);
}

#[test]
fn newest_minute_goes_before_the_backlog() {
    let (mut storage, mut outbox) = (Memory::default(), Outbox::default());
    storage.push(&entries(Class::Telemetry, 100)).unwrap();
    let sequences: Vec<_> = offered(&mut outbox, &storage, 70)
        .into_iter()
        .map(|(_, sequence)| sequence)
        .collect();
    let expected: Vec<_> = (41..=100).chain(1..=10).collect();
    assert_eq!(sequences, expected);
    storage.push(&entries(Class::Telemetry, 1)).unwrap();
    let next = offered(&mut outbox, &storage, 2);
    assert_eq!(next, [(Class::Telemetry, 101), (Class::Telemetry, 11)]);
}

#[test]
fn released_entries_are_offered_again_in_order() {
    let (mut storage, mut outbox) = (Memory::default(), Outbox::default());
    let ids = storage.push(&entries(Class::Event, 4)).unwrap();
    assert_eq!(offered(&mut outbox, &storage, 3).len(), 3);
    outbox.acknowledge(&mut storage, [ids[1]]).unwrap();
    outbox.release([ids[2], ids[0]]);
    let again = offered(&mut outbox, &storage, 9);
    assert_eq!(
        again,
        [(Class::Event, 1), (Class::Event, 3), (Class::Event, 4)]
    );
}

#[test]
fn acknowledged_entry_is_not_offered_again_when_its_removal_failed() {
    let (mut storage, mut outbox) = (Memory::default(), Outbox::default());
    let ids = storage.push(&entries(Class::Trip, 2)).unwrap();
    assert_eq!(offered(&mut outbox, &storage, 1), [(Class::Trip, 1)]);
    storage.inject(0, 1);
    assert_eq!(outbox.acknowledge(&mut storage, [ids[0]]), Err(Fault));
    outbox.release([ids[0]]);
    assert_eq!(offered(&mut outbox, &storage, 9), [(Class::Trip, 2)]);
    outbox.acknowledge(&mut storage, []).unwrap();
    assert_eq!(storage.usage().entries, 1, "the next one removes it too");
}

#[test]
fn full_queue_evicts_the_oldest_telemetry_and_nothing_else() {
    let (mut storage, mut outbox) = (
        Memory::default(),
        Outbox::new(Budget {
            bytes: 100,
            age: None,
        }),
    );
    storage.push(&entries(Class::Session, 4)).unwrap();
    storage.push(&entries(Class::Telemetry, 9)).unwrap();
    let eviction = outbox.enforce_budget(&mut storage, None).unwrap().unwrap();
    let sequences: Vec<_> = eviction.ids.iter().map(|id| id.sequence()).collect();
    assert_eq!(
        sequences,
        [1, 2, 3, 4],
        "30 bytes too many and one to spare"
    );
    assert_eq!(eviction.bytes, 40);
    assert_eq!(
        (eviction.from, eviction.to),
        (UtcTime::from_millis(1000), UtcTime::from_millis(4000))
    );
    assert_eq!(outbox.enforce_budget(&mut storage, None), Ok(None));
    storage.push(&entries(Class::Session, 20)).unwrap();
    outbox.enforce_budget(&mut storage, None).unwrap();
    assert_eq!(storage.usage().entries, 24, "sessions stay over budget");
}

#[test]
fn telemetry_past_its_age_is_evicted_only_by_a_trusted_clock() {
    let (mut storage, mut outbox) = (
        Memory::default(),
        Outbox::new(Budget {
            age: Some(Duration::from_secs(60)),
            ..Budget::default()
        }),
    );
    storage.push(&entries(Class::Telemetry, 9)).unwrap();
    assert_eq!(outbox.enforce_budget(&mut storage, None), Ok(None));
    let now = UtcTime::from_millis(63_000);
    let eviction = outbox.enforce_budget(&mut storage, Some(now)).unwrap();
    assert_eq!(eviction.unwrap().ids.len(), 2, "3 s is just young enough");
}

#[test]
fn poison_entry_is_kept_aside_with_its_reason() {
    let (mut storage, mut outbox) = (Memory::default(), Outbox::default());
    let ids = storage.push(&entries(Class::Telemetry, 2)).unwrap();
    assert_eq!(offered(&mut outbox, &storage, 2).len(), 2);
    outbox
        .set_aside(&mut storage, ids[0], "closed three times")
        .unwrap();
    outbox.release(ids);
    assert_eq!(offered(&mut outbox, &storage, 9), [(Class::Telemetry, 2)]);
    let kept: Vec<_> = storage.kept_aside().map(|(_, reason)| reason).collect();
    assert_eq!(kept, ["closed three times"]);
}

#[test]
fn batch_that_fails_half_way_is_offered_whole_the_next_time() {
    let (mut storage, mut outbox) = (Memory::default(), Outbox::default());
    storage.push(&entries(Class::Alert, 2)).unwrap();
    storage.push(&entries(Class::Trip, 1)).unwrap();
    storage.inject(1, 1);
    assert_eq!(outbox.next_batch(&storage, Lane::All, 9), Err(Fault));
    assert_eq!(outbox.in_flight(), 0);
    assert_eq!(offered(&mut outbox, &storage, 9).len(), 3);
}

#[test]
fn live_lane_leaves_older_telemetry_for_later() {
    let mut storage = Memory::default();
    let mut outbox = Outbox::default();
    storage.push(&entries(Class::Telemetry, 100)).unwrap();
    storage.push(&entries(Class::Alert, 1)).unwrap();
    let live = outbox.next_batch(&storage, Lane::Live, 1000).unwrap();
    assert_eq!(live[0].id.class(), Class::Alert);
    let rows: Vec<_> = live[1..].iter().map(|entry| entry.id.sequence()).collect();
    assert_eq!(rows, (41..=100).collect::<Vec<_>>());
    assert_eq!(outbox.next_batch(&storage, Lane::Live, 1000), Ok(vec![]));
    let rest = outbox.next_batch(&storage, Lane::All, 1000).unwrap();
    assert_eq!(rest.len(), 40);
}
