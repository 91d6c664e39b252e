//! Alarms with their dead bands, and capacities of charges whose answer is known.

use v2x_units::{Amps, BatteryCurrent, Stamp, UtcTime};

use super::*;
use crate::vehicle::charge::ChargeTracker;
use crate::vehicle::episode::{Change, EpisodeId};

fn seen(second: u32) -> Observation {
    Observation::unknown(Stamp {
        instant: Instant::BOOT + Duration::from_secs(second.into()),
        utc: UtcTime::from_millis(i64::from(second) * 1000),
    })
}

fn soc(second: u32, percent: f64) -> Observation {
    Observation {
        soc: StateOfCharge::from_percent(percent),
        ..seen(second)
    }
}

fn changes(observations: impl IntoIterator<Item = Observation>) -> Vec<(u64, Alarm, bool)> {
    let mut battery = Battery::default();
    let seen = observations.into_iter();
    seen.flat_map(|seen| {
        let at = seen.at.instant.since(Instant::BOOT).as_secs();
        let changes = battery.observe(&seen).into_iter();
        changes
            .map(move |it| (at, it.alarm, it.is_raised))
            .collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn alarm_is_raised_after_five_seconds_and_cleared_beyond_its_dead_band() {
    let falling = (0..10).map(|second| soc(second, 15.0));
    let between = (10..30).map(|second| soc(second, 17.9));
    let above = (30..40).map(|second| soc(second, 18.0));
    assert_eq!(
        changes(falling.chain(between).chain(above)),
        [(5, Alarm::LowCharge, true), (35, Alarm::LowCharge, false)]
    );
}

#[test]
fn alarm_is_raised_and_cleared_at_the_limits_that_were_set() {
    let mut battery = Battery::default();
    battery.set_limits(AlarmLimits {
        low_charge: StateOfCharge::from_percent(30.0).unwrap(),
        ..AlarmLimits::default()
    });
    let mut told = Vec::new();
    for second in 0..30 {
        let percent = if second < 10 { 30.0 } else { 32.9 };
        told.extend(battery.observe(&soc(second, percent)));
    }
    assert_eq!(told.len(), 1);
    assert!(told[0].is_raised && told[0].alarm == Alarm::LowCharge);
    // With the usual limits the same charge is none to be told of.
    battery.set_limits(AlarmLimits::default());
    let cleared: Vec<_> = (30..40)
        .flat_map(|second| battery.observe(&soc(second, 32.9)))
        .collect();
    assert_eq!(cleared.len(), 1);
    assert!(!cleared[0].is_raised);
}

#[test]
fn value_that_swings_over_the_limit_for_moments_raises_nothing() {
    let swinging = (0..100).map(|second| soc(second, if second % 3 == 0 { 16.0 } else { 14.0 }));
    assert!(changes(swinging).is_empty());
}

#[test]
fn unknown_value_neither_raises_nor_clears_an_alarm() {
    let low = (0..10).map(|second| soc(second, 10.0));
    let silent = (10..100).map(seen);
    assert_eq!(changes(low.chain(silent)), [(5, Alarm::LowCharge, true)]);
}

#[test]
fn cells_that_drift_apart_and_service_codes_are_told() {
    let cells = |second, max| Observation {
        battery: BatteryReadings {
            cell_min: Some(Volts::new(3.90)),
            cell_max: Some(Volts::new(max)),
            service_code: Some(if second < 20 { 0.0 } else { f64::from(0xEEEE) }),
            ..BatteryReadings::default()
        },
        ..seen(second)
    };
    let course = (0..10)
        .map(|it| cells(it, 3.95))
        .chain((10..30).map(|it| cells(it, 4.01)));
    assert_eq!(
        changes(course),
        [
            (15, Alarm::CellSpread, true),
            (25, Alarm::ServiceCode, true)
        ]
    );
}

#[test]
fn pack_is_compared_with_the_sum_of_its_cells() {
    let mut battery = Battery::default();
    battery.observe(&Observation {
        pack_voltage: Some(Volts::new(57.4)),
        battery: BatteryReadings {
            cells: Some(Volts::new(57.1)),
            ..BatteryReadings::default()
        },
        ..seen(0)
    });
    assert!((battery.pack_less_cells().unwrap().get() - 0.3).abs() < 1e-9);
    battery.observe(&seen(1));
    assert_eq!(battery.pack_less_cells(), None);
}

/// A charge at 32 A between two states of charge, in a number of seconds.
fn charge(seconds: u32, from: f64, to: f64) -> Charge {
    let mut tracker = ChargeTracker::default();
    for second in 0..=seconds {
        let part = f64::from(second) / f64::from(seconds);
        let seen = Observation {
            soc: StateOfCharge::from_percent(from + (to - from) * part),
            current: Some(BatteryCurrent::charging(Amps::new(32.0))),
            is_charging: Some(true),
            ..seen(second)
        };
        tracker.observe(&seen, || EpisodeId::new(1));
    }
    match tracker.finish() {
        Some(Change::Ended(charge)) => charge,
        other => panic!("{other:?}"),
    }
}

#[test]
fn capacity_follows_from_a_charge_as_in_the_recording_of_29_july() {
    // 32.0 A for 51 s from 69.42 to 70.00 %: the recordings' page says 78 Ah per 100 %.
    let estimate = CapacityEstimate::of(&charge(51, 69.42, 70.00)).unwrap();
    assert!(
        (estimate.full.get() - 78.0).abs() < 0.5,
        "{}",
        estimate.full
    );
    assert!((estimate.uncertainty.get() - 2.7).abs() < 0.1);
}

#[test]
fn capacity_is_not_estimated_from_less_than_the_steps_can_tell() {
    assert_eq!(CapacityEstimate::of(&charge(5, 70.0, 70.06)), None);
    assert_eq!(
        CapacityEstimate::of(&charge(60, 70.0, 74.0)),
        None,
        "whole percents"
    );
    assert_eq!(CapacityEstimate::of(&charge(60, 70.0, 70.0)), None);
}
