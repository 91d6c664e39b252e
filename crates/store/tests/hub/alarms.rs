//! Alarms, whatever order their ends come in.

use serde_json::json;
use v2x_roles::hub::{AlarmSaid, DeviceId, Severity};
use v2x_store::hub::{AlarmRow, Arrival, KINDS_MAX};

use super::{Bench, arrival, at};

pub(super) fn alarm(is_raised: bool) -> AlarmSaid {
    AlarmSaid {
        kind: "battery_hot".to_owned(),
        text: "the battery is hot".to_owned(),
        severity: Severity::Critical,
        is_raised,
    }
}

impl Bench {
    /// A row that tells of an alarm; the alarm, where that has changed it.
    fn say_alarm(&mut self, seconds: i64, said: AlarmSaid) -> Option<AlarmRow> {
        let values = json!({ said.kind.clone(): said.is_raised });
        let told = Arrival {
            alarms: vec![said],
            ..arrival(self.car, seconds, &values)
        };
        self.store.record(&[told]).unwrap().alarms.pop()
    }
}

#[test]
fn alarm_is_open_until_it_is_over_and_stays_until_somebody_has_seen_it() {
    let mut bench = Bench::new();
    let raised = bench.say_alarm(0, alarm(true)).unwrap();
    assert_eq!(bench.say_alarm(1, alarm(true)), None);
    let over = bench.say_alarm(9, alarm(false)).unwrap();
    let store = &mut bench.store;
    assert_eq!((over.id, over.ended), (raised.id, Some(at(9))));
    assert_eq!(
        store.alarms(true, 10).unwrap().len(),
        1,
        "nobody has seen it"
    );
    let seen = store.acknowledge_alarm(raised.id, "ana", at(20)).unwrap();
    assert_eq!(seen.unwrap().acknowledged, Some(("ana".to_owned(), at(20))));
    let twice = store.acknowledge_alarm(raised.id, "bob", at(30)).unwrap();
    assert_eq!(twice.unwrap().acknowledged.unwrap().0, "ana");
    assert_eq!(store.alarms(true, 10).unwrap().len(), 0);
    assert_eq!(store.alarms(false, 10).unwrap().len(), 1);
    assert_eq!(store.acknowledge_alarm(999, "ana", at(0)).unwrap(), None);
}

#[test]
fn alarm_whose_end_came_before_its_beginning_is_over() {
    let mut bench = Bench::new();
    assert_eq!(bench.say_alarm(9, alarm(false)), None);
    let late = bench.say_alarm(0, alarm(true)).unwrap();
    assert_eq!((late.began, late.ended), (at(0), Some(at(9))));
    assert_eq!(bench.say_alarm(10, alarm(true)).unwrap().ended, None);
}

#[test]
fn what_the_hub_finds_by_itself_holds_in_its_order_whatever_its_clock_says() {
    let mut bench = Bench::new();
    let (store, car) = (&mut bench.store, bench.car);
    let mut found = |is_raised, seconds| {
        store
            .watch_alarm(car, &alarm(is_raised), at(seconds))
            .unwrap()
    };
    assert_eq!(found(false, 100), None, "it is back before it was gone");
    // It was last heard before it came back: it came, said nothing, and left.
    let gone = found(true, 99).unwrap();
    assert_eq!((gone.began, gone.ended), (at(99), None));
    assert_eq!(found(true, 5), None);
    let back = found(false, 50).unwrap();
    assert_eq!((back.id, back.ended), (gone.id, Some(at(99))));
    assert_eq!(found(true, 60).unwrap().ended, None);
    let nobody = DeviceId::new(999);
    let of_nobody = store.watch_alarm(nobody, &alarm(true), at(0)).unwrap();
    assert_eq!(of_nobody, None);
}

#[test]
fn kinds_of_alarms_of_a_device_have_a_bound_and_when_full_known_ones_go_on() {
    let mut bench = Bench::new();
    let named = |number: usize, is_raised| AlarmSaid {
        kind: format!("kind {number}"),
        ..alarm(is_raised)
    };
    let row = |seconds, alarms: Vec<AlarmSaid>| Arrival {
        alarms,
        ..arrival(bench.car, seconds, &json!({ "alarm": seconds }))
    };
    let many = (0..KINDS_MAX + 5).map(|number| named(number, true));
    let kept = bench.store.record(&[row(0, many.collect())]).unwrap();
    assert_eq!(kept.alarms.len(), KINDS_MAX);
    assert_eq!(kept.alarms_passed_over, 5);
    let known = row(1, vec![named(0, false), named(KINDS_MAX, false)]);
    let kept = bench.store.record(&[known]).unwrap();
    assert_eq!((kept.alarms.len(), kept.alarms_passed_over), (1, 1));
    assert_eq!(kept.alarms[0].ended, Some(at(1)));
    let again = bench.store.record(&[row(2, vec![named(0, true)])]).unwrap();
    assert_eq!(again.alarms.len(), 1, "one that has ended begins again");
}

#[test]
fn kind_that_was_over_and_goes_on_again_counts_once() {
    let mut bench = Bench::new();
    let mut begun = 0;
    for (second, is_raised) in [(0, true), (1, false), (2, true)] {
        begun = 0;
        for kind in 0..KINDS_MAX {
            let said = AlarmSaid {
                kind: format!("kind {kind}"),
                ..alarm(is_raised)
            };
            begun += usize::from(bench.say_alarm(second, said).is_some());
        }
    }
    assert_eq!(begun, KINDS_MAX, "none is passed over");
}
