//! Messages and what they tell of: each moment once, a session whichever of its ends comes first.

use serde_json::{Value as Json, json};
use v2x_roles::hub::{Episode, EpisodeKind};
use v2x_store::hub::HubStore;

use super::{Bench, arrival, at, object};

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
