//! Rows of more messages than may be in flight, through the courier.

use v2x_outbox::{Class, NewEntry, PayloadKind};
use v2x_units::{Instant, UtcTime};

use super::*;
use crate::pacer::Limits;
use crate::session::courier::{Act, Courier};
use crate::supply::Request;
use crate::vss::{VssNames, VssTopics};

/// Keys of a row: more than the window of 20 messages.
const KEYS: usize = 30;

fn row(sequence: u64) -> Entry {
    let members: Vec<_> = (0..KEYS).map(|key| format!(r#""k{key}":{key}"#)).collect();
    entry(sequence, &format!("{{{}}}", members.join(",")))
}

fn entry(sequence: u64, payload: &str) -> Entry {
    let (class, kind) = (Class::Telemetry, PayloadKind::Telemetry);
    let new = NewEntry::new(class, kind, UtcTime::from_millis(0), 1, payload);
    new.unwrap().at(id(sequence))
}

fn id(sequence: u64) -> EntryId {
    EntryId::new(Class::Telemetry, sequence)
}

/// A courier that is connected, and numbers what it publishes.
struct Carried {
    courier: Courier,
    topics: Vec<String>,
    requests: Vec<Request>,
    now: Instant,
}

impl Carried {
    fn of(entries: Vec<Entry>) -> Self {
        let form = Form::Vss(VssTopics {
            prefix: "car".parse().unwrap(),
            names: VssNames::default(),
            whose: crate::vss::Whose::Vehicle,
        });
        let limits = Limits {
            messages: Vec::new(),
            points: Vec::new(),
        };
        let mut carried = Self {
            courier: Courier::new(&limits, form, Instant::BOOT),
            topics: Vec::new(),
            requests: Vec::new(),
            now: Instant::BOOT,
        };
        carried.courier.connected();
        carried.courier.take(entries);
        carried.act();
        carried
    }

    fn act(&mut self) {
        while let Some(act) = self.courier.next(self.now) {
            match act {
                Act::Publish { topic, .. } => {
                    self.topics.push(topic);
                    let number = self.topics.len().try_into().unwrap();
                    self.courier.numbered(number);
                }
                Act::Ask(request) => self.requests.push(request),
            }
        }
    }

    fn acknowledge(&mut self, numbers: impl IntoIterator<Item = u16>) {
        for number in numbers {
            assert!(self.courier.acknowledged(number, self.now), "{number}");
            self.act();
        }
    }

    fn acknowledged(&self) -> Vec<EntryId> {
        let acknowledged = self.requests.iter().filter_map(|request| match request {
            Request::Acknowledge(ids) => Some(ids.clone()),
            _ => None,
        });
        acknowledged.flatten().collect()
    }
}

#[test]
fn row_is_acknowledged_after_the_last_of_its_messages_and_not_before() {
    let mut carried = Carried::of(vec![row(1)]);
    assert_eq!(carried.topics.len(), 20, "the window is full");
    // Whatever the order: the first one comes last.
    carried.acknowledge(2..=20);
    assert_eq!(carried.topics.len(), KEYS);
    carried.acknowledge(21..=30);
    assert_eq!(carried.acknowledged(), []);
    assert_eq!(carried.courier.entries_in_flight(), 1);
    carried.acknowledge([1]);
    assert_eq!(carried.acknowledged(), [id(1)]);
    carried.topics.sort();
    carried.topics.dedup();
    assert_eq!(carried.topics.len(), KEYS, "each message once");
}

#[test]
fn rows_that_overlap_in_the_window_are_told_apart() {
    let mut carried = Carried::of(vec![row(1), row(2)]);
    carried.acknowledge(1..=29);
    assert_eq!(carried.topics.len(), 49, "the second has begun");
    assert_eq!(carried.courier.entries_in_flight(), 2);
    carried.acknowledge(31..=49);
    carried.acknowledge(50..=60);
    assert_eq!(carried.acknowledged(), [], "together, while any is owed");
    carried.acknowledge([30]);
    assert_eq!(carried.acknowledged(), [id(2), id(1)]);
}

#[test]
fn row_that_was_taken_in_part_goes_back_whole_and_once() {
    let mut carried = Carried::of(vec![row(1), row(2)]);
    carried.acknowledge(1..=25);
    carried.courier.ended(carried.now, false);
    let mut released = Vec::new();
    while let Some(request) = carried.courier.next_request() {
        match request {
            Request::Release(ids) => released.extend(ids),
            other => panic!("{other:?}"),
        }
    }
    released.sort();
    assert_eq!(released, [id(1), id(2)]);
    assert_eq!(carried.courier.entries_in_flight(), 0);
    let before = carried.topics.len();
    carried.courier.connected();
    carried.courier.take(vec![row(1)]);
    carried.act();
    assert_eq!(carried.topics[before], carried.topics[0], "from its first");
}

#[test]
fn row_that_was_begun_goes_to_its_end_in_a_stop_and_no_other_begins() {
    let mut carried = Carried::of(vec![row(1), row(2)]);
    carried.courier.stop(carried.now);
    assert!(!carried.courier.is_idle());
    carried.acknowledge(1..=30);
    assert_eq!(carried.topics.len(), KEYS);
    assert!(carried.courier.is_idle());
    assert_eq!(carried.acknowledged(), [id(1)]);
}

#[test]
fn entry_that_no_message_can_carry_is_set_aside_and_the_others_go() {
    let mut carried = Carried::of(vec![entry(1, "[]"), entry(2, "{}"), row(3)]);
    let aside = carried.requests.iter().find_map(|request| match request {
        Request::SetAside { id, reason } => Some((*id, reason.as_str())),
        _ => None,
    });
    let (aside, reason) = aside.unwrap();
    assert_eq!(aside, id(1));
    assert!(reason.contains("no JSON object"), "{reason}");
    carried.acknowledge(1..=30);
    assert_eq!(carried.acknowledged(), [id(2), id(3)]);
}
