//! What must be true whatever happens; each finding tells its story in a sentence.
//!
//! | checker | says |
//! |---|---|
//! | `nothing_is_lost` | a row that the disk has confirmed is at the broker, or waits on the disk |
//! | `energy_agrees` | station and physics count the same energy, and never more than flowed |
//! | `no_step_twice` | no step of a session is accepted twice |
//! | `session_has_a_plug` | no session begins without a plug |
//! | `receipt_is_right` | a receipt is made out to a car that was plugged in at its station, for no more than flowed in its slot |
//! | `no_receipt_is_lost` | what a station holds countersigned its car holds too |
//! | `car_counts_no_more` | a car counts the energy of its charge as physics does |
//! | `believed_twice` | no message of V2V is believed twice by a computer that runs |
//! | `values_are_true` | the computer takes the car for what it is: its charge within 0.5 %, its speed within 15 km/h, which may be half a second old while it brakes |
//! | `nothing_private` | no place and no serial stands in the log |
//! | `alarm_has_a_cause` | every alarm has its cause in the physics |
//! | `warning_has_a_cause`, `own_event_has_a_cause` | the same of every warning, and of what cars report of themselves |
//!
//! Energies agree within these errors: a session has up to 2 Wh more than flowed, and where its
//! meter was well at most 3 Wh and 1 % less; a receipt up to 2 Wh more; a car counts up to 3 Wh
//! and 2 % more than went into its battery.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use v2x_charging::SessionRecord;
use v2x_proto::v2g::message::SignedReceipt;
use v2x_roles::vehicle::Alarm;
use v2x_units::Instant;

use super::SessionRow;
use super::broker::Broker;
use super::vehicle::{Taken, VehicleComputer};
use super::witness::Witness;
use crate::car::Car;
use crate::hardware::Hardware;

/// Something that must not be.
#[derive(Debug, Clone, PartialEq)]
pub struct Complaint {
    /// When.
    pub at: Instant,
    /// What, in a sentence.
    pub story: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.since(Instant::BOOT).as_secs_f64();
        write!(f, "At {seconds:.1} s {}", self.story)
    }
}

fn complaint(at: Instant, story: String) -> Option<Complaint> {
    Some(Complaint { at, story })
}

/// A whole watt hour at the meter may be one more or less, and a session begins a moment after
/// the first current.
const METER_STEP: f64 = 2.0;
/// What the station may be short of: its counter stands still between two readings, and a session
/// ends up to a checkpoint before the plug is seen to be out.
const SHORT: f64 = 3.0;

pub(super) fn session_has_a_plug(at: Instant, slot: usize, is_in: bool) -> Option<Complaint> {
    if is_in {
        return None;
    }
    let slot = slot + 1;
    complaint(
        at,
        format!("a session began at slot {slot}, into which nothing was plugged."),
    )
}

pub(super) fn energy_agrees(row: &SessionRow, was_well: bool) -> Option<Complaint> {
    let SessionRow {
        slot,
        station,
        physics,
        ended,
        ..
    } = *row;
    if station > physics + METER_STEP {
        let story = format!(
            "the session at slot {slot} ended with {station:.1} Wh, but only {physics:.1} Wh had \
             passed its meter since the plug went in."
        );
        return complaint(ended, story);
    }
    if was_well && station < physics - SHORT - 0.01 * physics {
        let story = format!(
            "the session at slot {slot} ended with {station:.1} Wh, but {physics:.1} Wh had passed \
             its meter, which was well all the time."
        );
        return complaint(ended, story);
    }
    None
}

pub(super) fn alarm_has_a_cause(
    at: Instant,
    name: &str,
    alarm: Alarm,
    car: &Car,
) -> Option<Complaint> {
    let battery = &car.twizy.battery;
    let modules = battery.modules();
    let hottest = modules.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let coldest = modules.iter().copied().fold(f64::INFINITY, f64::min);
    let cells = battery.cells(car.twizy.current());
    let highest = cells.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = highest - cells.iter().copied().fold(f64::INFINITY, f64::min);
    let has_cause = match alarm {
        Alarm::LowCharge => battery.percent() <= 15.5,
        Alarm::Hot => hottest >= 49.0,
        Alarm::Cold => coldest <= 1.0,
        Alarm::CellSpread => spread >= 0.09,
        // No battery of this world has a fault.
        Alarm::ServiceCode => false,
    };
    if has_cause {
        return None;
    }
    let percent = battery.percent();
    let story = format!(
        "car {name} raised the alarm {}, with {percent:.1} %, modules of {coldest:.1} to \
         {hottest:.1} °C and cells {:.0} mV apart.",
        alarm.word(),
        spread * 1000.0
    );
    complaint(at, story)
}

pub(super) fn warning_has_a_cause(
    at: Instant,
    (car, name): (usize, &str),
    kind: &str,
    witness: &Witness,
) -> Option<Complaint> {
    let (has_cause, missing) = match kind {
        "EmergencyBrakeLight" => (
            witness.somebody_braked_hard(at, car),
            "nobody near it had braked hard",
        ),
        "ForwardCollision" => (
            witness.somebody_is_in_the_way(at, car),
            "it stood, or nobody was near it",
        ),
        "SlowVehicleAhead" => (
            witness.somebody_limps(car),
            "nobody near it had an almost empty battery",
        ),
        // Nobody of this world breaks down or switches hazard lights on.
        _ => (false, "nothing in this world could cause it"),
    };
    if has_cause {
        return None;
    }
    complaint(at, format!("car {name} was warned, but {missing}."))
}

pub(super) fn own_event_has_a_cause(
    at: Instant,
    (car, name): (usize, &str),
    event: &str,
    witness: &Witness,
) -> Option<Complaint> {
    let has_cause = match event {
        "EmergencyBraking" => witness.braked_hard(at, car),
        "Limp" => witness.limps(car),
        _ => false,
    };
    if has_cause {
        return None;
    }
    let story = format!("car {name} reported {event} of itself, for which physics has no cause.");
    complaint(at, story)
}

pub(super) fn believed_twice(at: Instant, name: &str, of: &str, kind: &str) -> Complaint {
    let story = format!("car {name} believed a {kind} of {of} a second time.");
    Complaint { at, story }
}

/// What a receipt says, against the car that was plugged in and what flowed, as far as known.
pub(super) fn receipt_is_right(
    at: Instant,
    slot: usize,
    (car, energy): (&str, Option<f64>),
    (plugged, flowed): (Option<String>, Option<f64>),
) -> Option<Complaint> {
    let slot = slot + 1;
    let energy = energy?;
    if energy <= 0.0 {
        return None;
    }
    if plugged.as_deref() != Some(car) {
        let plugged = plugged.unwrap_or_else(|| "no car".to_owned());
        let story = format!(
            "slot {slot} signed a receipt of {energy} Wh for {car}, but the plug in it was of \
             {plugged}."
        );
        return complaint(at, story);
    }
    let flowed = flowed.filter(|flowed| energy > flowed + METER_STEP)?;
    let story =
        format!("slot {slot} signed a receipt of {energy} Wh, but only {flowed:.1} Wh had flowed.");
    complaint(at, story)
}

/// What a station holds countersigned, against what the cars hold, by their names.
pub(super) fn no_receipt_is_lost(
    at: Instant,
    held: &[SignedReceipt],
    cars: &BTreeMap<String, &Vec<SignedReceipt>>,
) -> Option<Complaint> {
    let is_lost = |signed: &&SignedReceipt| {
        let car = cars.get(signed.receipt.evcc.as_str());
        !car.is_some_and(|kept| kept.contains(signed))
    };
    let lost = held.iter().find(is_lost)?;
    let story = format!(
        "car {} has not kept a receipt that it has countersigned.",
        lost.receipt.evcc
    );
    complaint(at, story)
}

/// What a car counted into its battery, against what physics put there.
pub(super) fn car_counts_no_more(
    at: Instant,
    name: &str,
    counted: Option<f64>,
    physics: f64,
) -> Option<Complaint> {
    let counted = counted.filter(|counted| *counted > physics * 1.02 + SHORT)?;
    let story = format!(
        "car {name} counted {counted:.1} Wh into its battery, but the charger had put \
         {physics:.1} Wh there."
    );
    complaint(at, story)
}

pub(super) fn values_are_true(
    at: Instant,
    name: &str,
    taken: Taken,
    (speed, percent): (f64, f64),
) -> Option<Complaint> {
    let wrong = |taken: Option<f64>, really: f64, within: f64| {
        taken.filter(|taken| (taken.abs() - really).abs() > within)
    };
    if let Some(taken) = wrong(taken.speed, speed, 15.0) {
        let story = format!("car {name} took its speed for {taken:.1} km/h; it was {speed:.1}.");
        return complaint(at, story);
    }
    let taken = wrong(taken.percent, percent, 0.5)?;
    complaint(
        at,
        format!("car {name} took its charge for {taken:.2} %; it was {percent:.2}."),
    )
}

pub(super) fn nothing_is_lost(
    at: Instant,
    number: usize,
    vehicle: &VehicleComputer,
    broker: &Broker,
) -> Option<Complaint> {
    let waiting: BTreeSet<_> = vehicle.waiting().into_iter().collect();
    let committed = vehicle.committed.iter();
    let lost: Vec<_> = committed
        .filter(|(id, row)| !waiting.contains(id) && !broker.has(number, row.as_bytes()))
        .map(|(id, _)| id.sequence())
        .collect();
    let first = lost.first()?;
    let story = format!(
        "{} rows of car number {number} were on its disk and are nowhere now; the first one is \
         row {first}.",
        lost.len()
    );
    complaint(at, story)
}

pub(super) fn no_step_twice(at: Instant, kept: &[SessionRecord]) -> Option<Complaint> {
    let mut seen = BTreeSet::new();
    let twice = kept
        .iter()
        .find(|record| !seen.insert((record.transaction.to_string(), record.seq)))?;
    let story = format!(
        "step {} of session {} was accepted a second time.",
        twice.seq, twice.transaction
    );
    complaint(at, story)
}

pub(super) fn nothing_private(log: &str, hardware: &Hardware) -> Option<Complaint> {
    let origin = hardware.town().position(0.0, 0.0);
    let latitude = format!("{:.2}", origin.latitude().get());
    let longitude = format!("{:.2}", origin.longitude().get());
    let is_place = |word: &str| {
        let digits = word.split('.').nth(1).map_or(0, str::len);
        digits >= 4 && (word.starts_with(&latitude[..3]) || word.starts_with(&longitude[..3]))
    };
    let is_private =
        |word: &&str| is_place(word) || hardware.serials().any(|it| word.contains(&it));
    for line in log.lines() {
        if let Some(word) = line.split_whitespace().skip(1).find(is_private) {
            let story =
                format!("the log told {word:?}, which says where a car or which one it is.");
            return complaint(hardware.now(), story);
        }
    }
    None
}
