//! A long time in few points, and as a table.

use serde_json::json;
use v2x_store::hub::{History, Point, Resolution};
use v2x_units::UtcTime;

use super::{Bench, HOUR, arrival, at};

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
    assert_eq!(bench.roll_up(at(7201)), 1);
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
    assert_eq!(bench.roll_up(at(20_000)), 2);
    assert_eq!(bench.history(&["soc"], (0, day), 2000), late);
    assert_eq!(bench.roll_up(at(20_000)), 0);
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
