//! Months of driving against a budget, in virtual time: how much is spent at their end, and that
//! what may not wait did not.

use std::time::Duration;

use proptest::prelude::*;
use v2x_roles::reporting::{Budget, Change, Reporter, Rule, Rules, Value};
use v2x_units::{CivilTime, Instant, UtcTime};

/// Seconds between two rows: what is thinned is thinned the same with more of them.
const ROW_S: u64 = 5;
/// Numbers of a row.
const NUMBERS: usize = 20;
/// What a message costs with its time, topic and headers, and what each key adds.
const MESSAGE_BYTES: u64 = 200;
const KEY_BYTES: u64 = 22;
/// Days of November.
const DAYS: u64 = 30;

/// A car that is driven every day, and a budget.
#[derive(Debug, Clone)]
struct Month {
    drive_minutes: Vec<u64>,
    limit: u64,
    /// Days without a network; what waits is sent on the day after them.
    outage: (u64, u64),
}

fn months() -> impl Strategy<Value = Month> {
    let minutes =
        prop::collection::vec(20_u64..180, usize::try_from(DAYS).expect("a small number"));
    let limit = prop_oneof![Just(1_000_000_u64), Just(3_000_000), Just(10_000_000)];
    let outage = (0..DAYS, 0_u64..4);
    (minutes, limit, outage).prop_map(|(drive_minutes, limit, outage)| Month {
        drive_minutes,
        limit,
        outage,
    })
}

fn begin() -> UtcTime {
    let midnight = CivilTime {
        year: 2026,
        month: 11,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        micros: 0,
    };
    midnight.to_utc().expect("a date")
}

fn reporter() -> Reporter {
    let mut rules = Rules::default();
    let number = Rule {
        change: Change::By(0.5),
        shortest: Duration::from_secs(5),
        longest: Duration::from_secs(300),
        together: None,
    };
    for key in 0..NUMBERS {
        rules.set(&format!("number_{key}"), number.clone());
    }
    let state = Rule {
        change: Change::Any,
        ..number
    };
    rules.set("gear", state);
    Reporter::new(rules)
}

/// Every number moves in every row; the gear once in ten minutes.
fn row(second: u64) -> Vec<(String, Value)> {
    let step = f64::from(u32::try_from(second / ROW_S % 1000).expect("a small number"));
    let number = |key| (format!("number_{key}"), Value::Number(step));
    let gear = if (second / 600).is_multiple_of(2) {
        "D"
    } else {
        "N"
    };
    let gear = ("gear".to_owned(), Value::Word(gear.to_owned()));
    (0..NUMBERS).map(number).chain([gear]).collect()
}

/// What a month costs in the end, and how much it would without a budget.
fn play(month: &Month, limit: u64) -> u64 {
    let (mut reporter, mut budget) = (reporter(), Budget::new(limit, None, Instant::BOOT));
    let (mut waiting, mut gear_told) = (0, None);
    for day in 0..DAYS {
        let is_offline = (month.outage.0..month.outage.0 + month.outage.1).contains(&day);
        if !is_offline {
            budget.spend(std::mem::take(&mut waiting));
        }
        let minutes = month.drive_minutes[usize::try_from(day).expect("a small number")];
        for second in (0..minutes * 60).step_by(usize::try_from(ROW_S).expect("a small number")) {
            let since = Duration::from_secs(day * 86_400 + 28_800 + second);
            let now = Instant::BOOT + since;
            budget.look(now, Some(begin() + since));
            let row = row(second);
            let picked = reporter.pick(now, &row, budget.stretch(now, waiting));
            if picked.contains("gear") {
                gear_told = row.last().map(|(_, gear)| gear.clone());
            }
            assert_eq!(
                gear_told.as_ref(),
                row.last().map(|(_, gear)| gear),
                "states never wait"
            );
            let keys = u64::try_from(picked.len()).expect("a small number");
            if keys > 0 {
                let bytes = MESSAGE_BYTES + keys * KEY_BYTES;
                if is_offline {
                    waiting += bytes;
                } else {
                    budget.spend(bytes);
                }
            }
        }
    }
    let end = Duration::from_secs(DAYS * 86_400 - 1);
    budget.look(Instant::BOOT + end, Some(begin() + end));
    budget.bytes() + waiting
}

fn percent(of: u64, whole: u64) -> f64 {
    let number = |it: u64| f64::from(u32::try_from(it).expect("a small number"));
    number(of) / number(whole) * 100.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn month_of_much_driving_ends_within_its_budget_and_uses_it(month in months()) {
        let unlimited = play(&month, 0);
        let spent = play(&month, month.limit);
        let share = percent(spent, month.limit);
        prop_assert!(share <= 101.0, "{share} % of the budget, without it {unlimited} bytes");
        if unlimited > 2 * month.limit {
            prop_assert!(share >= 90.0, "{share} % of the budget, without it {unlimited} bytes");
        }
        if unlimited < month.limit / 2 {
            prop_assert!(percent(spent, unlimited) > 85.0);
        }
    }
}
