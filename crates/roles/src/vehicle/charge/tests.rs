//! Charges second by second, and the same through a restart at every step.

use proptest::prelude::*;
use v2x_units::{Instant, Volts};

use super::*;

const BEGIN_MS: i64 = 1_700_000_000_000;

fn stamp(second: u32) -> Stamp {
    Stamp {
        instant: Instant::BOOT + Duration::from_secs(second.into()),
        utc: UtcTime::from_millis(BEGIN_MS + i64::from(second) * 1000),
    }
}

fn id() -> EpisodeId {
    EpisodeId::new(9)
}

/// A car on the mains, at 36 A and 50 V.
fn charging(second: u32) -> Observation {
    Observation {
        speed: None,
        soc: StateOfCharge::from_percent(60.0 + f64::from(second) / 100.0),
        current: Some(BatteryCurrent::charging(Amps::new(36.0))),
        pack_voltage: Some(Volts::new(50.0)),
        is_charging: Some(true),
        mains_present: Some(true),
        is_full: Some(false),
        ..Observation::unknown(stamp(second))
    }
}

/// The same car with the charger at rest.
fn resting(second: u32) -> Observation {
    Observation {
        current: Some(BatteryCurrent::discharging(Amps::new(0.75))),
        is_charging: Some(false),
        ..charging(second)
    }
}

/// A recording without the charger's word.
fn unspoken(seen: Observation) -> Observation {
    Observation {
        is_charging: None,
        mains_present: None,
        is_full: None,
        is_charge_mode: Some(true),
        ..seen
    }
}

fn changes(observations: impl IntoIterator<Item = Observation>) -> Vec<Change<Charge>> {
    let mut tracker = ChargeTracker::default();
    let seen = observations.into_iter();
    seen.flat_map(|seen| tracker.observe(&seen, id)).collect()
}

fn ended(observations: impl IntoIterator<Item = Observation>) -> Vec<Charge> {
    let changes = changes(observations).into_iter();
    let ended = changes.filter_map(|change| match change {
        Change::Ended(charge) => Some(charge),
        _ => None,
    });
    ended.collect()
}

#[test]
fn charge_knows_what_went_in_and_between_which_states() {
    let charges = ended((0..=100).map(charging).chain((101..170).map(resting)));
    let [charge] = &charges[..] else {
        panic!("{charges:?}")
    };
    assert_eq!(
        (charge.started(), charge.last_charging()),
        (stamp(0).utc, stamp(100).utc)
    );
    assert!((charge.flow().energy_in().unwrap().get() - 50.0).abs() < 1e-9);
    assert!((charge.flow().charge_in().unwrap().get() - 1.0).abs() < 1e-9);
    assert_eq!(charge.flow().energy_covers(), charge.duration());
    assert_eq!(charge.soc().0, StateOfCharge::from_percent(60.0));
    assert_eq!(charge.soc().1, StateOfCharge::from_percent(61.0));
    assert_eq!(charge.strongest_current(), Some(Amps::new(36.0)));
    assert!((charge.mean_current().unwrap().get() - 36.0).abs() < 1e-9);
    assert_eq!(charge.end(), Some(ChargeEnd::Interrupted));
    assert!(!charge.is_inferred());
}

#[test]
fn current_into_the_battery_while_the_charger_rests_is_no_charge() {
    let braking = (0..100).map(|second| Observation {
        is_charging: Some(false),
        ..charging(second)
    });
    assert!(changes(braking).is_empty());
}

#[test]
fn loss_of_mains_below_a_minute_is_counted_and_survived() {
    let dark = |second| Observation {
        mains_present: Some(false),
        ..resting(second)
    };
    let back_after = |pause: u32| {
        let back = (100 + pause..200 + pause).map(charging);
        ended(
            (0..=100)
                .map(charging)
                .chain((101..100 + pause).map(dark))
                .chain(back)
                .chain((200 + pause..300 + pause).map(dark)),
        )
    };
    let survived = back_after(59);
    assert_eq!(survived.len(), 1);
    assert_eq!(survived[0].interruptions(), 1);
    assert_eq!(survived[0].end(), Some(ChargeEnd::Unplugged));
    assert_eq!(back_after(61).len(), 2);
}

#[test]
fn battery_that_asks_for_the_end_finishes_the_charge_at_once() {
    let full = |second| Observation {
        is_full: Some(true),
        ..resting(second)
    };
    let charges = ended((0..=100).map(charging).chain([full(101)]));
    assert_eq!(charges[0].end(), Some(ChargeEnd::Finished));
}

#[test]
fn silence_after_charging_means_that_data_were_lost() {
    let silent = |second| Observation::unknown(stamp(second));
    let charges = ended((0..=100).map(charging).chain((101..170).map(silent)));
    assert_eq!(charges[0].end(), Some(ChargeEnd::DataLost));
    assert_eq!(charges[0].last_charging(), stamp(100).utc);
    let gap = ended((0..=100).map(charging).chain([charging(1000)]));
    assert_eq!(gap[0].end(), Some(ChargeEnd::DataLost));
}

#[test]
fn car_that_drives_off_was_unplugged_before() {
    let driving = |second| Observation {
        speed: Some(KilometersPerHour::new(20.0)),
        ..unspoken(resting(second))
    };
    let charges = ended(
        (0..=100)
            .map(|it| unspoken(charging(it)))
            .chain([driving(101)]),
    );
    assert_eq!(charges[0].end(), Some(ChargeEnd::Unplugged));
}

#[test]
fn charge_without_the_chargers_word_is_inferred_from_its_first_current() {
    let mode_comes_late = (0..=100).map(|second| Observation {
        is_charge_mode: (second >= 25).then_some(true),
        ..unspoken(charging(second))
    });
    let rest = (101..140).map(|second| unspoken(resting(second)));
    let charges = ended(mode_comes_late.chain(rest));
    assert_eq!(charges.len(), 1);
    assert!(charges[0].is_inferred());
    assert_eq!(charges[0].started(), stamp(0).utc);
}

#[test]
fn current_in_another_mode_or_for_a_moment_infers_no_charge() {
    let drive_mode = (0..100).map(|second| Observation {
        is_charge_mode: Some(false),
        ..unspoken(charging(second))
    });
    let told = |change: &Change<Charge>| !matches!(change, Change::Candidate(_));
    assert!(!changes(drive_mode).iter().any(told));
    let moment = (0..4).map(|second| unspoken(charging(second)));
    let after = (4..50).map(|second| unspoken(resting(second)));
    let changes = changes(moment.chain(after));
    assert_eq!(changes.last(), Some(&Change::Dismissed(id())));
    assert!(!changes.iter().any(|it| matches!(it, Change::Started(_))));
}

#[test]
fn current_while_the_car_moves_infers_no_charge() {
    // The trap of the recordings: motor inactive, gear unknown, 22.9 km/h.
    let braking = (0..100).map(|second| Observation {
        speed: Some(KilometersPerHour::new(22.9)),
        ..unspoken(charging(second))
    });
    assert!(changes(braking).is_empty());
}

fn any_course() -> impl Strategy<Value = Vec<Observation>> {
    let step = (
        prop_oneof![8 => 1..3_u32, 1 => 5..40_u32, 1 => 55..65_u32],
        0..6_u8,
    );
    proptest::collection::vec(step, 1..80).prop_map(|steps| {
        let mut second = 0;
        let course = steps.into_iter().map(|(time, kind)| {
            second += time;
            match kind {
                0 | 1 => charging(second),
                2 => unspoken(charging(second)),
                3 => resting(second),
                4 => unspoken(resting(second)),
                _ => Observation::unknown(stamp(second)),
            }
        });
        course.collect()
    })
}

proptest! {
    #[test]
    fn restart_at_every_step_gives_the_same_charges(course in any_course()) {
        let straight = changes(course.iter().copied());
        let mut tracker = ChargeTracker::default();
        let mut resumed = Vec::new();
        for seen in &course {
            resumed.extend(tracker.observe(seen, id));
            let running = match resumed.last() {
                Some(Change::Candidate(it) | Change::Started(it) | Change::Progressed(it)) => it,
                _ => {
                    tracker = ChargeTracker::default();
                    continue;
                }
            };
            let text = serde_json::to_string(running).unwrap();
            tracker = ChargeTracker::default();
            tracker.resume(serde_json::from_str(&text).unwrap(), seen.at);
        }
        prop_assert_eq!(resumed, straight);
    }
}
