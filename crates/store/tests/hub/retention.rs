//! What is old goes, and what was made of it stays.

use std::time::Duration;

use serde_json::json;
use v2x_roles::hub::DeviceKind;
use v2x_store::hub::{HubRetention, Point, Resolution};

use super::{Bench, HOUR, arrival, at};

/// Messages go after a day; what was made of them stays.
const A_DAY_OF_MESSAGES: HubRetention = HubRetention {
    messages: Some(Duration::from_secs(24 * 3600)),
    minutes: None,
};

#[test]
fn messages_that_are_old_go_and_their_minutes_stay() {
    let mut bench = Bench::new();
    let car = bench.car;
    let rows: Vec<_> = (0..3600)
        .map(|second| arrival(car, second, &json!({ "soc": 50.0 })))
        .collect();
    bench.store.record(&rows).unwrap();
    let later = at(3 * 24 * 3600);
    // What is not rolled up stays, however old.
    assert!(!bench.store.prune(&A_DAY_OF_MESSAGES, later).unwrap());
    assert_eq!(bench.store.message_count(car).unwrap(), 3600);
    bench.roll_up(later);
    while bench.store.prune(&A_DAY_OF_MESSAGES, later).unwrap() {}
    assert_eq!(bench.store.message_count(car).unwrap(), 0);
    let minutes = bench.history(&["soc"], (0, 24 * 3600), 2000);
    assert_eq!(minutes.series["soc"].len(), 60);
    // A single message of that hour that comes now does not replace what was made from 3600.
    bench.say(5, &json!({ "soc": 1.0 }));
    bench.roll_up(later);
    assert_eq!(bench.history(&["soc"], (0, 24 * 3600), 2000), minutes);
}

#[test]
fn short_stretch_of_long_ago_is_shown_from_what_is_still_there() {
    let mut bench = Bench::new();
    let car = bench.car;
    let rows: Vec<_> = (0..3600)
        .map(|second| arrival(car, second, &json!({ "soc": second })))
        .collect();
    bench.store.record(&rows).unwrap();
    let later = at(10 * 24 * 3600);
    bench.roll_up(later);
    let half = (60, 1860);
    assert_eq!(
        bench.history(&["soc"], half, 9000).resolution,
        Resolution::Raw
    );
    while bench.store.prune(&A_DAY_OF_MESSAGES, later).unwrap() {}
    let minutes = bench.history(&["soc"], half, 2000);
    assert_eq!(minutes.resolution, Resolution::Minute);
    assert_eq!(minutes.series["soc"].len(), 31);
    let a_day = HubRetention {
        minutes: A_DAY_OF_MESSAGES.messages,
        ..A_DAY_OF_MESSAGES
    };
    while bench.store.prune(&a_day, later).unwrap() {}
    let hours = bench.history(&["soc"], half, 2000);
    assert_eq!(hours.resolution, Resolution::Hour);
    assert_eq!(hours.series["soc"].len(), 1);
}

#[test]
fn hour_of_long_ago_that_comes_in_pieces_is_made_of_all_of_them() {
    let mut bench = Bench::new();
    let car = bench.car;
    let later = at(10 * 24 * 3600);
    while bench.store.prune(&A_DAY_OF_MESSAGES, later).unwrap() {}
    let mut most = Vec::new();
    for piece in [0..10, 10..3600] {
        let rows: Vec<_> = piece
            .map(|second| arrival(car, second, &json!({ "soc": second })))
            .collect();
        bench.store.record(&rows).unwrap();
        assert_eq!(bench.roll_up(later), 1);
        let hours = bench.history(&["soc"], (0, 100 * 24 * 3600), 2000);
        let count = match &hours.series["soc"][..] {
            [Point::Step(_, hour)] => hour.count,
            other => panic!("{other:?}"),
        };
        most.push(count);
    }
    assert_eq!(most, [10, 3600]);
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
    let later = at(3 * 24 * 3600);
    assert!(
        !bench.store.prune(&A_DAY_OF_MESSAGES, later).unwrap(),
        "none is made minutes yet"
    );
    assert_eq!(bench.store.message_count(car).unwrap(), 6101);
    bench.roll_up(later);
    while bench.store.prune(&A_DAY_OF_MESSAGES, later).unwrap() {}
    assert_eq!(bench.store.message_count(car).unwrap(), 6000);
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
    bench.roll_up(later);
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
        assert_eq!(
            (minutes(0), minutes(10 * day)),
            (1, 60),
            "{key}: an hour is left"
        );
    }
    let hours = bench.history(&["soc"], (0, 100 * day), 2000);
    assert_eq!(hours.resolution, Resolution::Hour);
    assert_eq!(hours.series["soc"].len(), 2, "hours stay");
}
