//! The hub's file: each moment once, newest values after a kill, few points of a long time, alarms
//! in any order, and a copy that holds the same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;
use v2x_roles::hub::{AlarmSaid, DeviceId, DeviceKind, Episode, EpisodeKind, Row, Severity};
use v2x_store::hub::{
    AlarmRow, Arrival, Asked, Credential, DECIDED_MAX, History, HubRetention, HubStore, KINDS_MAX,
    NoRoom, PENDING_MAX, PendingState, PersonRole, PersonRow, Point, Resolution, Scope,
    check_backup,
};
use v2x_units::UtcTime;

/// 2026-11-24T10:00:00Z, the beginning of an hour.
const HOUR: i64 = 1_795_514_400_000;

fn at(seconds: i64) -> UtcTime {
    UtcTime::from_millis(HOUR + seconds * 1000)
}

fn object(values: &Json) -> Map<String, Json> {
    values.as_object().unwrap().clone()
}

fn arrival(device: DeviceId, seconds: i64, values: &Json) -> Arrival {
    Arrival {
        device,
        row: Row {
            ts: at(seconds),
            values: object(values),
        },
        episodes: Vec::new(),
        alarms: Vec::new(),
    }
}

struct Bench {
    folder: TempDir,
    store: HubStore,
    car: DeviceId,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = HubStore::open(&folder.path().join("hub.db")).unwrap();
        let token = Credential::Token([7; 32]);
        let added = store.add_device("Car \"7\"", DeviceKind::Vehicle, Some(&token), at(0));
        let car = added.unwrap().unwrap();
        Self { folder, store, car }
    }

    fn say(&mut self, seconds: i64, values: &Json) {
        self.store
            .record(&[arrival(self.car, seconds, values)])
            .unwrap();
    }

    fn rows(&self) -> Vec<Row> {
        let all = (UtcTime::from_millis(0), at(1_000_000));
        self.store.messages(self.car, all, usize::MAX).unwrap()
    }

    fn history(&self, keys: &[&str], (from, to): (i64, i64), points: usize) -> History {
        let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let asked = Asked {
            device: self.car,
            keys,
            from: at(from),
            to: at(to),
            points,
        };
        self.store.history(&asked).unwrap()
    }
}

#[test]
fn row_that_comes_twice_is_kept_once_and_another_key_of_its_moment_joins_it() {
    let mut bench = Bench::new();
    let car = bench.car;
    let rows = [
        arrival(car, 0, &json!({ "soc": 64.4 })),
        arrival(car, 0, &json!({ "soc": 64.4 })),
        arrival(car, 0, &json!({ "alarm": "cell_spread" })),
        arrival(
            car,
            1,
            &json!({ "soc": 12.0, "whole": 12, "big": 9_007_199_254_740_993_i64 }),
        ),
    ];
    let kept = bench.store.record(&rows).unwrap();
    assert_eq!((kept.new, kept.known, kept.merged), (2, 1, 1));
    let again = bench.store.record(&rows[2..]).unwrap();
    assert_eq!((again.new, again.known, again.merged), (0, 2, 0));
    let rows = bench.rows();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0].values,
        object(&json!({ "soc": 64.4, "alarm": "cell_spread" }))
    );
    // A decimal stays one, a whole number stays whole.
    assert_eq!(rows[1].values["soc"].to_string(), "12.0");
    assert_eq!(rows[1].values["big"].to_string(), "9007199254740993");
}

#[test]
fn newest_values_are_those_of_every_message_although_they_are_kept_only_now_and_then() {
    let mut bench = Bench::new();
    bench.say(0, &json!({ "soc": 64.0, "gear": "Drive" }));
    let latest = bench.store.latest(at(10)).unwrap();
    let kept = [(bench.car, latest[&bench.car].clone())];
    bench.store.keep_latest(&kept).unwrap();
    bench.say(5, &json!({ "soc": 63.0 }));
    bench.say(-60, &json!({ "soc": 99.0, "odometer": 5.0 }));
    // One of the moment that is kept already.
    bench.say(0, &json!({ "brake": true }));
    let path = bench.store.path().to_owned();
    drop(bench.store);
    let reopened = HubStore::open(&path).unwrap();
    let latest = &reopened.latest(at(10)).unwrap()[&bench.car];
    let value = |key: &str| latest.get(key).map(|stamped| stamped.value.clone());
    assert_eq!(value("soc"), Some(json!(63.0)));
    assert_eq!(value("gear"), Some(json!("Drive")));
    assert_eq!(value("odometer"), Some(json!(5.0)));
    assert_eq!(value("brake"), Some(json!(true)));
}

#[test]
fn credential_opens_its_own_device_only() {
    let mut bench = Bench::new();
    let basic = Credential::Basic([1; 32], [2; 32]);
    let added = bench
        .store
        .add_device("Yard", DeviceKind::Station, Some(&basic), at(0));
    let yard = added.unwrap().unwrap();
    let found = |credential| bench.store.device_of(&credential).unwrap();
    assert_eq!(found(Credential::Token([7; 32])), Some(bench.car));
    assert_eq!(found(Credential::Token([8; 32])), None);
    assert_eq!(found(Credential::Certificate([7; 32])), None);
    assert_eq!(found(basic), Some(yard));
    assert_eq!(found(Credential::Basic([1; 32], [3; 32])), None);
    assert_eq!(found(Credential::Token([1; 32])), None);
    let replaced = Credential::Token([9; 32]);
    let (store, car) = (&mut bench.store, bench.car);
    store.replace_credential(car, &replaced, at(1)).unwrap();
    assert_eq!(store.device_of(&Credential::Token([7; 32])).unwrap(), None);
    assert_eq!(store.device_of(&replaced).unwrap(), Some(car));
    let taken = store.add_device("Yard", DeviceKind::Unknown, None, at(0));
    assert!(taken.unwrap().unwrap_err().to_string().contains("Yard"));
}

#[test]
fn devices_behind_two_gateways_may_have_one_name_and_are_two() {
    let mut bench = Bench::new();
    let mut add = |name: &str| {
        let added = bench
            .store
            .add_device(name, DeviceKind::Station, None, at(0));
        added.unwrap().unwrap()
    };
    let (north, south) = (add("North"), add("South"));
    let mut slot = |gateway, name: &str| {
        let found = bench.store.behind_gateway(gateway, name, 2, at(0));
        found.unwrap()
    };
    let first = slot(north, "Slot 1");
    assert!(first.is_some() && first == slot(north, "Slot 1"));
    assert_ne!(first, slot(south, "Slot 1"));
    assert!(
        slot(north, "Car \"7\"").is_some(),
        "not the car of this name"
    );
    assert_eq!(slot(north, "Slot 3"), None, "two were allowed");
}

#[test]
fn long_time_is_shown_in_few_points_that_keep_every_peak() {
    let mut bench = Bench::new();
    let car = bench.car;
    // Ten hours at a row a second, with one peak and one dip of a second each.
    let rows: Vec<_> = (0..36_000)
        .map(|second| {
            let speed = match second {
                7_777 => 99.0,
                20_001 => -5.0,
                _ => f64::from(second % 60),
            };
            arrival(
                car,
                second.into(),
                &json!({ "speed": speed, "gear": "Drive" }),
            )
        })
        .collect();
    bench.store.record(&rows).unwrap();
    let few = bench.history(&["speed", "gear"], (0, 36_000), 500);
    assert_eq!(few.resolution, Resolution::Raw);
    let points = &few.series["speed"];
    assert!(
        points.len() <= 500 && points.len() > 400,
        "{}",
        points.len()
    );
    let buckets: Vec<_> = points
        .iter()
        .map(|point| match point {
            Point::Step(_, bucket) => *bucket,
            Point::Value(..) => panic!("a step"),
        })
        .collect();
    assert_eq!(buckets.iter().map(|it| it.count).sum::<u64>(), 36_000);
    assert!(buckets.iter().any(|it| (it.most - 99.0).abs() < 1e-9));
    assert!(buckets.iter().any(|it| (it.least + 5.0).abs() < 1e-9));
    assert_eq!(few.series["gear"].len(), 1, "it never changed");
    let all = bench.history(&["speed"], (0, 99), 500);
    assert_eq!((all.step_ms, all.series["speed"].len()), (None, 100));
}

#[test]
fn minutes_of_hours_that_are_over_and_of_the_running_one_are_one_line() {
    let mut bench = Bench::new();
    let car = bench.car;
    let rows: Vec<_> = (0..2 * 3600)
        .map(|second| arrival(car, second, &json!({ "soc": 50.0 })))
        .collect();
    bench.store.record(&rows).unwrap();
    let day = 24 * 3600;
    let before = bench.history(&["soc"], (0, day), 2000);
    assert_eq!(before.resolution, Resolution::Minute);
    assert_eq!(before.series["soc"].len(), 120);
    // The first hour is over for long enough, the second is not.
    assert_eq!(bench.store.roll_up(at(7201), 10).unwrap(), 1);
    assert_eq!(bench.history(&["soc"], (0, day), 2000), before);
    // A message that comes late is in the line at once, and after rolling up again.
    bench.say(10 * 60 + 7, &json!({ "soc": 80.0 }));
    let kept = bench.store.record(&[{
        let mut late = arrival(car, 0, &json!({ "soc": 80.0 }));
        late.row.ts = UtcTime::from_millis(HOUR + 600_500);
        late
    }]);
    assert_eq!(kept.unwrap().new, 1);
    let most = |history: &History| match &history.series["soc"][10] {
        Point::Step(_, bucket) => bucket.most,
        Point::Value(..) => panic!("a step"),
    };
    let late = bench.history(&["soc"], (0, day), 2000);
    assert!((most(&late) - 80.0).abs() < 1e-9);
    assert_eq!(bench.store.roll_up(at(20_000), 10).unwrap(), 2);
    assert_eq!(bench.history(&["soc"], (0, day), 2000), late);
    assert_eq!(bench.store.roll_up(at(20_000), 10).unwrap(), 0);
}

#[test]
fn messages_that_are_old_go_and_their_minutes_stay() {
    let mut bench = Bench::new();
    let car = bench.car;
    let rows: Vec<_> = (0..3600)
        .map(|second| arrival(car, second, &json!({ "soc": 50.0 })))
        .collect();
    bench.store.record(&rows).unwrap();
    let retention = HubRetention {
        messages: Some(Duration::from_secs(24 * 3600)),
        minutes: None,
    };
    let later = at(3 * 24 * 3600);
    // What is not rolled up stays, however old.
    assert!(!bench.store.prune(&retention, later).unwrap());
    assert_eq!(bench.store.message_count(car).unwrap(), 3600);
    bench.store.roll_up(later, 10).unwrap();
    while bench.store.prune(&retention, later).unwrap() {}
    assert_eq!(bench.store.message_count(car).unwrap(), 0);
    let minutes = bench.history(&["soc"], (0, 24 * 3600), 2000);
    assert_eq!(minutes.series["soc"].len(), 60);
    // A single message of that hour that comes now does not replace what was made from 3600.
    bench.say(5, &json!({ "soc": 1.0 }));
    bench.store.roll_up(later, 10).unwrap();
    assert_eq!(bench.history(&["soc"], (0, 24 * 3600), 2000), minutes);
}

#[test]
fn messages_of_a_clock_that_is_wrong_do_not_keep_the_old_ones() {
    let mut bench = Bench::new();
    let car = bench.car;
    // More than one piece of them, all before the others, and one of before 1970.
    let century = 100 * 365 * 24 * 3600;
    let wrong: Vec<_> = (0..6000)
        .map(|second| arrival(car, century + second, &json!({ "soc": 50.0 })))
        .collect();
    bench.store.record(&wrong).unwrap();
    bench.say(-HOUR / 1000 - 90 * 60, &json!({ "soc": 50.0 }));
    let rows: Vec<_> = (0..100)
        .map(|second| arrival(car, second, &json!({ "soc": 50.0 })))
        .collect();
    bench.store.record(&rows).unwrap();
    let retention = HubRetention {
        messages: Some(Duration::from_secs(24 * 3600)),
        minutes: None,
    };
    let later = at(3 * 24 * 3600);
    assert!(
        !bench.store.prune(&retention, later).unwrap(),
        "none is made minutes yet"
    );
    assert_eq!(bench.store.message_count(car).unwrap(), 6101);
    bench.store.roll_up(later, 10).unwrap();
    while bench.store.prune(&retention, later).unwrap() {}
    assert_eq!(bench.store.message_count(car).unwrap(), 6000);
}

#[test]
fn table_of_a_stretch_has_the_wanted_cells_and_no_row_without_any() {
    let mut bench = Bench::new();
    bench.say(0, &json!({ "soc": 50.0, "gear": "Drive" }));
    bench.say(1, &json!({ "other": 1 }));
    bench.say(2, &json!({ "gear": "Neutral" }));
    bench.say(9, &json!({ "soc": 49.0 }));
    let keys = ["soc".to_owned(), "gear".to_owned()];
    let mut rows = Vec::new();
    let read = bench
        .store
        .each_row(bench.car, &keys, (at(0), at(8)), |ts, cells| {
            rows.push((ts, cells.to_vec()));
            rows.len() < 5
        });
    read.unwrap();
    let expected = [
        (at(0), vec![Some(json!(50.0)), Some(json!("Drive"))]),
        (at(2), vec![None, Some(json!("Neutral"))]),
    ];
    assert_eq!(rows, expected);
}

fn alarm(is_raised: bool) -> AlarmSaid {
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
fn settings_that_have_no_room_leave_all_others_as_they_were() {
    let mut bench = Bench::new();
    let (store, car) = (&mut bench.store, bench.car);
    let many = |from: usize, to: usize| -> Map<String, Json> {
        (from..to)
            .map(|it| (format!("key {it}"), json!(it)))
            .collect()
    };
    let set = store.set_shared(car, &many(0, 999), at(0)).unwrap();
    assert_eq!(set, Ok(()));
    let mut change = many(998, 1002);
    change.insert("key 0".to_owned(), json!("other"));
    let refused = store.set_shared(car, &change, at(1)).unwrap();
    assert_eq!(refused, Err(NoRoom(2)));
    let before = store.attributes(car, Scope::Shared).unwrap();
    assert_eq!((before.len(), &before["key 0"]), (999, &json!(0)));
    // What goes makes room, wherever it stands.
    change.extend([
        ("key 1".to_owned(), Json::Null),
        ("key 2".to_owned(), Json::Null),
    ]);
    assert_eq!(store.set_shared(car, &change, at(2)).unwrap(), Ok(()));
    let after = store.attributes(car, Scope::Shared).unwrap();
    assert_eq!((after.len(), &after["key 0"]), (1000, &json!("other")));
    // What a device says of itself has room as far as it goes.
    let passed_over = store.describe(car, &many(0, 1003), at(3)).unwrap();
    assert_eq!(passed_over.len(), 3);
    assert_eq!(store.attributes(car, Scope::Client).unwrap().len(), 1000);
}

#[test]
fn request_that_was_decided_takes_no_room_from_those_that_wait() {
    let mut bench = Bench::new();
    let store = &mut bench.store;
    let ask = |store: &mut HubStore, number: usize| {
        let name = format!("car {number}");
        store.ask_to_join(&name, "127.0.0.1", None, at(0)).unwrap()
    };
    for number in 0..PENDING_MAX {
        assert!(ask(store, number).is_some());
    }
    assert_eq!(ask(store, PENDING_MAX), None, "the queue is full");
    let first = ask(store, 0).unwrap();
    assert!(store.decide(first.id, true).unwrap());
    assert!(!store.decide(first.id, false).unwrap(), "it was decided");
    assert!(ask(store, PENDING_MAX).is_some());
    assert_eq!(ask(store, 0).unwrap().state, PendingState::Approved);
    // Decisions have a bound, and when full the oldest goes.
    for number in 1..=DECIDED_MAX {
        let asked = ask(store, number).unwrap();
        assert!(store.decide(asked.id, false).unwrap());
    }
    assert_eq!(store.pending().unwrap().len(), DECIDED_MAX);
    assert_eq!(ask(store, 0).unwrap().state, PendingState::Waiting);
}

#[test]
fn minutes_that_are_old_go_from_every_key_of_every_device_and_the_others_stay() {
    let mut bench = Bench::new();
    let other = bench
        .store
        .add_device("Car 8", DeviceKind::Vehicle, None, at(0));
    let other = other.unwrap().unwrap();
    let day = 24 * 3600;
    for device in [bench.car, other] {
        for hour in [0, 10 * day] {
            let rows: Vec<_> = (0..60)
                .map(|minute| {
                    let values = json!({ "soc": minute, "speed": 2, "odometer": 3 });
                    arrival(device, hour + minute * 60, &values)
                })
                .collect();
            bench.store.record(&rows).unwrap();
        }
    }
    let later = at(10 * day + 7200);
    while bench.store.roll_up(later, 1).unwrap() > 0 {}
    let retention = HubRetention {
        messages: None,
        minutes: Some(Duration::from_secs(24 * 3600)),
    };
    while bench.store.prune(&retention, later).unwrap() {}
    for key in ["soc", "speed", "odometer"] {
        let minutes = |from| {
            let found = bench.history(&[key], (from, from + day), 2000);
            found.series.get(key).map_or(0, Vec::len)
        };
        assert_eq!((minutes(0), minutes(10 * day)), (0, 60), "{key}");
    }
    let hours = bench.history(&["soc"], (0, 100 * day), 2000);
    assert_eq!(hours.resolution, Resolution::Hour);
    assert_eq!(hours.series["soc"].len(), 2, "hours stay");
}

#[test]
fn answer_to_a_command_has_a_time_and_a_missing_one_has_none() {
    let mut bench = Bench::new();
    let (store, car) = (&mut bench.store, bench.car);
    let command = ("honk", &json!({}));
    let answered = store.note_command(car, "ana", command, at(0)).unwrap();
    store.note_command(car, "ana", command, at(1)).unwrap();
    store.note_answer(answered, &Json::Null, at(2)).unwrap();
    assert_eq!(store.command_counts().unwrap(), (2, 1));
}

fn session(start: Option<i64>, end: Option<i64>, detail: &Json) -> Episode {
    Episode {
        kind: EpisodeKind::Session,
        id: "5eed".to_owned(),
        start: start.map(at),
        end: end.map(at),
        detail: object(detail),
    }
}

#[test]
fn session_is_one_whichever_of_its_ends_comes_first() {
    let start = session(
        Some(0),
        None,
        &json!({ "event": "started", "tariff": "a 1" }),
    );
    let end = session(
        None,
        Some(60),
        &json!({ "event": "ended", "final_energy": 1.5 }),
    );
    for (order, told) in [[&start, &end, &start], [&end, &start, &end]]
        .iter()
        .enumerate()
    {
        let mut bench = Bench::new();
        for (index, told) in told.iter().enumerate() {
            let mut arrival = arrival(bench.car, index.try_into().unwrap(), &json!({ "a": index }));
            arrival.episodes.push((*told).clone());
            bench.store.record(&[arrival]).unwrap();
        }
        let all = (at(-100), at(100));
        let found = bench.store.episodes(EpisodeKind::Session, None, all, 10);
        let found = found.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].start, found[0].end), (Some(at(0)), Some(at(60))));
        assert_eq!(found[0].detail["event"], "ended", "order {order}");
        assert_eq!(found[0].detail["tariff"], "a 1");
    }
}

#[test]
fn device_that_is_removed_takes_what_it_said_with_it() {
    let mut bench = Bench::new();
    bench.say(0, &json!({ "soc": 50.0 }));
    let (store, car) = (&mut bench.store, bench.car);
    store.watch_alarm(car, &alarm(true), at(0)).unwrap();
    let about = object(&json!({ "software": "v2x", "gone": null }));
    store.describe(car, &about, at(0)).unwrap();
    assert_eq!(store.attributes(car, Scope::Client).unwrap().len(), 1);
    assert!(store.remove_device(car).unwrap());
    assert!(!store.remove_device(car).unwrap());
    let late = arrival(car, 1, &json!({ "soc": 49.0 }));
    assert_eq!(store.record(&[late]).unwrap().of_nobody, 1);
    while store.prune(&HubRetention::default(), at(0)).unwrap() {}
    let counts = store.counts().unwrap();
    assert_eq!((counts.devices, counts.messages, counts.alarms), (0, 0, 0));
    assert_eq!(store.latest(at(0)).unwrap().len(), 0);
}

#[test]
fn last_admin_cannot_go() {
    let mut bench = Bench::new();
    let person = |name: &str, role| PersonRow {
        name: name.to_owned(),
        role,
        password: "$argon2id$".to_owned(),
    };
    let store = &mut bench.store;
    let mut put = |person: &PersonRow| store.put_person(person, at(0)).unwrap();
    put(&person("ana", PersonRole::Admin)).unwrap();
    put(&person("bob", PersonRole::Viewer)).unwrap();
    assert!(put(&person("ana", PersonRole::Operator)).is_err());
    assert!(store.remove_person("ana").unwrap().is_err());
    let bob = person("bob", PersonRole::Admin);
    store.put_person(&bob, at(0)).unwrap().unwrap();
    assert_eq!(store.remove_person("ana").unwrap(), Ok(true));
    assert_eq!(store.remove_person("ana").unwrap(), Ok(false));
    assert_eq!(store.people().unwrap(), [bob]);
}

#[test]
fn copy_that_is_made_while_somebody_writes_holds_one_moment_of_it() {
    let mut bench = Bench::new();
    let car = bench.car;
    let copy = bench.folder.path().join("copy.db");
    let path = bench.store.path().to_owned();
    bench.say(-1, &json!({ "soc": 50.0 }));
    let reader = std::thread::spawn({
        let copy = copy.clone();
        move || HubStore::open_to_read(&path).unwrap().back_up(&copy)
    });
    let mut second = 0;
    while !reader.is_finished() || second < 50 {
        let rows: Vec<_> = (0..20)
            .map(|row| arrival(car, second * 20 + row, &json!({ "soc": 50.0 })))
            .collect();
        bench.store.record(&rows).unwrap();
        second += 1;
    }
    let told = reader.join().unwrap().unwrap();
    assert_eq!(check_backup(&copy).unwrap(), told);
    assert_eq!(told.messages % 20, 1, "a commit is in it or not");
    let restored = HubStore::open(&copy).unwrap();
    assert_eq!(restored.counts().unwrap(), told);
    let over = bench.store.back_up(&copy).unwrap_err().to_string();
    assert!(over.contains("does not exist yet"), "{over}");
}

#[test]
fn file_that_is_no_copy_of_a_hub_is_refused_in_words() {
    let bench = Bench::new();
    let refused = |path: &Path| check_backup(path).unwrap_err().to_string();
    let text = bench.folder.path().join("notes.txt");
    std::fs::write(&text, "no database\n".repeat(100)).unwrap();
    assert!(refused(&text).contains("is not a database"));
    let other = bench.folder.path().join("v2x.db");
    drop(v2x_store::Store::open(&other).unwrap());
    assert!(refused(&other).contains("belongs to another program"));
    let missing = bench.folder.path().join("missing.db");
    assert!(refused(&missing).contains("cannot be opened"));
    assert!(!missing.exists(), "looking makes no file");
}
