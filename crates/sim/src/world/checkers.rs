//! What must be true whatever happens; each finding tells its story in a sentence.
//!
//! | checker | says |
//! |---|---|
//! | `nothing_is_lost` | a row that the disk has confirmed is at the broker, or waits on the disk |
//! | `energy_agrees` | a session has what passed its slot's meter |
//! | `no_step_twice` | no step of a session is accepted twice |
//! | `session_has_a_plug` | no session begins without a plug |
//! | `receipt_is_right` | a receipt is made out to the car that was plugged in at its slot, for what its session has |
//! | `no_receipt_is_lost` | what a station holds countersigned its car holds too |
//! | `car_energy_agrees` | a charge of a car has what its charger put into the battery |
//! | `believed_twice` | no message of V2V is believed twice by a computer that runs |
//! | `values_are_true` | the computer takes the car for what it is: its charge within 0.5 %, its speed within 15 km/h, which may be half a second old while it brakes; where its bus is heard |
//! | `nothing_private` | no place and no serial stands in the log |
//! | `alarm_has_a_cause` | every alarm has its cause in the physics |
//! | `warning_has_a_cause`, `own_event_has_a_cause` | the same of every warning, and of what cars report of themselves |
//!
//! Energies agree within these errors:
//!
//! | energy | more than physics | less than physics |
//! |---|---|---|
//! | session at the station | 2 Wh | 3 Wh and 1 %, where its meter was well all the time; a meter that lies or is silent hides energy from everybody |
//! | receipt | 1 Wh more than the session | 1 Wh less than the session |
//! | charge in the car | 3 Wh and 2 % | 3 Wh and 2 %, where its bus was heard all the time |
//!
//! A receipt is held against its session, the session against physics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use v2x_charging::TransactionId;
use v2x_roles::vehicle::Alarm;
use v2x_units::{Instant, Position};

use super::SessionRow;
use super::vehicle::Taken;
use super::witness::{Charged, Witness};
use crate::car::Car;

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
/// A car looks at its battery once a second: at both ends of a charge it may be one look off.
const CAR_ERROR: f64 = 3.0;

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

/// A battery as physics has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pack {
    /// %.
    percent: f64,
    /// °C.
    coldest: f64,
    hottest: f64,
    /// V between the highest cell and the lowest.
    spread: f64,
}

impl Pack {
    pub(super) fn of(car: &Car) -> Self {
        let battery = &car.twizy.battery;
        let (coldest, hottest) = ends(&battery.modules());
        let (lowest, highest) = ends(&battery.cells(car.twizy.current()));
        Self {
            percent: battery.percent(),
            coldest,
            hottest,
            spread: highest - lowest,
        }
    }
}

/// The lowest and the highest.
fn ends(values: &[f64]) -> (f64, f64) {
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let wider = |(low, high): (f64, f64), value: &f64| (low.min(*value), high.max(*value));
    values.iter().fold(none, wider)
}

pub(super) fn alarm_has_a_cause(
    at: Instant,
    name: &str,
    alarm: Alarm,
    pack: Pack,
) -> Option<Complaint> {
    let Pack {
        percent,
        coldest,
        hottest,
        spread,
    } = pack;
    let has_cause = match alarm {
        Alarm::LowCharge => percent <= 15.5,
        Alarm::Hot => hottest >= 49.0,
        Alarm::Cold => coldest <= 1.0,
        Alarm::CellSpread => spread >= 0.09,
        // No battery of this world has a fault.
        Alarm::ServiceCode => false,
    };
    if has_cause {
        return None;
    }
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

/// Money and energy of a receipt are those of its session; here is what rounding does.
const RECEIPT_STEP: f64 = 1.0;

/// What a receipt says, against the car that was plugged in and its session, as far as known.
pub(super) fn receipt_is_right(
    at: Instant,
    slot: usize,
    (car, energy): (&str, Option<f64>),
    (plugged, session): (Option<String>, Option<f64>),
) -> Option<Complaint> {
    let slot = slot + 1;
    let energy = energy?;
    if energy > 0.0 && plugged.as_deref() != Some(car) {
        let plugged = plugged.unwrap_or_else(|| "no car".to_owned());
        let story = format!(
            "slot {slot} signed a receipt of {energy} Wh for {car}, but the plug in it was of \
             {plugged}."
        );
        return complaint(at, story);
    }
    let session = session.filter(|session| (energy - session).abs() > RECEIPT_STEP)?;
    let story = format!(
        "slot {slot} signed a receipt of {energy} Wh, but its session ended with {session:.3} Wh."
    );
    complaint(at, story)
}

/// What a station holds countersigned, each with its car's name, against what the cars hold.
pub(super) fn no_receipt_is_lost<'a, R: PartialEq + 'a>(
    at: Instant,
    mut held: impl Iterator<Item = (&'a str, &'a R)>,
    cars: &BTreeMap<String, &Vec<R>>,
) -> Option<Complaint> {
    let (car, _) = held.find(|(car, receipt)| {
        let kept = cars.get(*car);
        !kept.is_some_and(|kept| kept.contains(receipt))
    })?;
    let story = format!("car {car} has not kept a receipt that it has countersigned.");
    complaint(at, story)
}

/// What a car counted into its battery, against what physics put there.
pub(super) fn car_energy_agrees(
    at: Instant,
    name: &str,
    counted: Option<f64>,
    physics: Charged,
) -> Option<Complaint> {
    let (energy, error) = (physics.energy, CAR_ERROR + 0.02 * physics.energy);
    let more = counted.filter(|counted| *counted > energy + error);
    // A car that has counted nothing at all says so: it has no energy, not one of zero.
    let less = counted.filter(|counted| physics.is_heard && *counted < energy - error);
    let counted = more.or(less)?;
    let story = format!(
        "car {name} counted {counted:.1} Wh into its battery, but the charger had put \
         {energy:.1} Wh there."
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

/// Numbers of rows that a disk has confirmed, with whether each still waits or is at the broker.
pub(super) fn nothing_is_lost(
    at: Instant,
    number: usize,
    confirmed: impl Iterator<Item = (u64, bool)>,
) -> Option<Complaint> {
    let lost: Vec<_> = confirmed
        .filter(|(_, is_somewhere)| !is_somewhere)
        .map(|(row, _)| row)
        .collect();
    let first = lost.first()?;
    let story = format!(
        "{} rows of car number {number} were on its disk and are nowhere now; the first one is \
         row {first}.",
        lost.len()
    );
    complaint(at, story)
}

/// Steps of sessions, each by its transaction and number.
pub(super) fn no_step_twice(
    at: Instant,
    mut kept: impl Iterator<Item = (TransactionId, u32)>,
) -> Option<Complaint> {
    let mut seen = BTreeSet::new();
    let (transaction, seq) =
        kept.find(|(transaction, seq)| !seen.insert((transaction.bytes(), *seq)))?;
    let story = format!("step {seq} of session {transaction} was accepted a second time.");
    complaint(at, story)
}

/// Whether a log tells a place near the town's origin, or one of these serials.
pub(super) fn nothing_private(
    at: Instant,
    log: &str,
    origin: Position,
    serials: &[String],
) -> Option<Complaint> {
    let latitude = format!("{:.2}", origin.latitude().get());
    let longitude = format!("{:.2}", origin.longitude().get());
    let is_place = |word: &str| {
        let digits = word.split('.').nth(1).map_or(0, str::len);
        digits >= 4 && (word.starts_with(&latitude[..3]) || word.starts_with(&longitude[..3]))
    };
    let is_private = |word: &&str| is_place(word) || serials.iter().any(|it| word.contains(it));
    for line in log.lines() {
        if let Some(word) = line.split_whitespace().skip(1).find(is_private) {
            let story =
                format!("the log told {word:?}, which says where a car or which one it is.");
            return complaint(at, story);
        }
    }
    None
}

#[cfg(test)]
mod tests;
