//! What must be true whatever happens; each finding tells its story in a sentence.
//!
//! | checker | says |
//! |---|---|
//! | `nothing_is_lost` | a row that the disk has confirmed is at the broker, or waits on the disk |
//! | `energy_agrees` | station and physics count the same energy, and never more than flowed |
//! | `no_step_twice` | no step of a session is accepted twice |
//! | `session_has_a_plug` | no session begins without a plug |
//! | `nothing_private` | no place and no serial stands in the log |
//! | `alarm_has_a_cause` | every alarm has its cause in the physics |

use std::collections::BTreeSet;
use std::fmt;

use v2x_charging::SessionRecord;
use v2x_roles::vehicle::Alarm;
use v2x_units::Instant;

use super::SessionRow;
use super::broker::Broker;
use super::vehicle::VehicleComputer;
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
