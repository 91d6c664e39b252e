//! Charges: when the mains charged the battery, how much went in, and why it ended.
//!
//! The charger's own word decides ([`super::charging`]); a current into the battery alone never
//! does, for braking makes one. A charge survives a loss of mains of less than a minute and counts
//! it. In recordings without the charger's word a charge is inferred, and marked as such: the
//! battery is in its charge mode, the car stands, and more than 0.5 A flow for 5 s. Source: section
//! 3 of the project's Twizy fact table.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use v2x_units::{
    Amps, BatteryCurrent, KilometersPerHour, Stamp, StateOfCharge, UtcTime, WattHours,
};

use super::energy::{Flow, Ledger};
use super::episode::{Change, Clock, Course, EpisodeId, larger};
use super::observation::Observation;

/// A charge survives being interrupted for less than this.
const LONGEST_INTERRUPTION: Duration = Duration::from_secs(60);
/// An inferred charge survives seeing no current for less than this: the mains are unknown then,
/// and the recordings hold separate charges 50 s apart.
const LONGEST_INFERRED_INTERRUPTION: Duration = Duration::from_secs(30);
/// The current that proves energy into the battery.
const PROOF: Amps = Amps::new(0.5);
/// How long it must flow before a charge is inferred.
const PROOF_FOR: Duration = Duration::from_secs(5);
/// Below this speed a car stands; above, a current into the battery is braking.
const STANDING: KilometersPerHour = KilometersPerHour::new(1.0);
/// The same by the receiver, whose jitter while parked reaches 4.2 km/h in the recordings.
const STANDING_BY_FIX: KilometersPerHour = KilometersPerHour::new(6.0);

/// Why a charge is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeEnd {
    /// The battery asked for the end or was full.
    Finished,
    /// The mains went away for good, or the car drove off.
    Unplugged,
    /// The current stopped though the battery would have taken more.
    Interrupted,
    /// Nothing more was heard.
    DataLost,
}

/// What an observation says about charging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// The charger says that it charges.
    Charges,
    /// Nobody speaks for the charger, but current flows into the standing car.
    Flows,
    /// It does not charge.
    Rests,
    /// The car moves.
    Drives,
    /// Nothing is known.
    Silent,
}

impl Word {
    const fn is_charging(self) -> bool {
        matches!(self, Self::Charges | Self::Flows)
    }
}

/// The record of one charge, running or over; holds all that a restart needs to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Charge {
    id: EpisodeId,
    started_us: i64,
    updated_us: i64,
    last_charging_us: i64,
    end: Option<ChargeEnd>,
    is_confirmed: bool,
    is_inferred: bool,
    /// The battery was seen in its charge mode while current flowed.
    is_charge_mode: bool,
    is_full: bool,
    is_mains_lost: bool,
    /// Something was heard since it last charged.
    is_resting: bool,
    interruptions: u32,
    since_charging_us: u64,
    lasted_us: u64,
    soc: Course,
    available_wh: Course,
    ledger: Ledger,
    strongest_a: Option<f64>,
}

impl Charge {
    fn begin(id: EpisodeId, seen: &Observation, word: Word) -> Self {
        let now = seen.at.utc.as_micros();
        let mut charge = Self {
            id,
            started_us: now,
            updated_us: now,
            last_charging_us: now,
            end: None,
            is_confirmed: word == Word::Charges,
            is_inferred: word == Word::Flows,
            is_charge_mode: false,
            is_full: false,
            is_mains_lost: false,
            is_resting: false,
            interruptions: 0,
            since_charging_us: 0,
            lasted_us: 0,
            soc: Course::default(),
            available_wh: Course::default(),
            ledger: Ledger::default(),
            strongest_a: None,
        };
        charge.advance(Duration::ZERO, seen, word);
        charge
    }

    /// Goes on by a time, at the end of which this was seen.
    fn advance(&mut self, time: Duration, seen: &Observation, word: Word) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.updated_us = seen.at.utc.as_micros();
        self.since_charging_us = self.since_charging_us.saturating_add(micros);
        self.ledger.advance(time, seen.current, seen.pack_voltage);
        if word.is_charging() {
            self.charged(seen, word);
            self.hear(seen, word);
        }
    }

    /// Takes what battery and charger say about going on.
    fn hear(&mut self, seen: &Observation, word: Word) {
        self.is_full = seen.is_full.unwrap_or(self.is_full);
        let mains_lost = seen.mains_present.map(|present| !present);
        self.is_mains_lost = mains_lost.unwrap_or(self.is_mains_lost);
        self.is_resting |= word == Word::Rests;
    }

    /// How long it survives this word.
    fn longest_interruption(&self, word: Word) -> Duration {
        match word {
            Word::Drives => Duration::ZERO,
            Word::Rests if self.is_full || !self.is_confirmed => Duration::ZERO,
            Word::Rests if self.is_inferred => LONGEST_INFERRED_INTERRUPTION,
            _ => LONGEST_INTERRUPTION,
        }
    }

    /// It charged until now.
    fn charged(&mut self, seen: &Observation, word: Word) {
        self.interruptions += u32::from(core::mem::take(&mut self.is_resting));
        self.is_inferred &= word == Word::Flows;
        self.is_charge_mode |= seen.is_charge_mode == Some(true);
        self.lasted_us = self.lasted_us.saturating_add(self.since_charging_us);
        self.since_charging_us = 0;
        self.last_charging_us = self.updated_us;
        self.soc.see(seen.soc.map(StateOfCharge::percent));
        self.available_wh
            .see(seen.available_energy.map(WattHours::get));
        let amps = seen.current.and_then(BatteryCurrent::charging_amps);
        self.strongest_a = larger(self.strongest_a, amps.map(Amps::get));
        self.ledger.settle();
    }

    /// Whether a current has become an inferred charge.
    fn is_proven(&self) -> bool {
        !self.is_inferred || self.is_charge_mode && self.duration() >= PROOF_FOR
    }

    /// Why it is over, when the last word was this.
    fn cause(&self, word: Word) -> ChargeEnd {
        if self.is_full {
            ChargeEnd::Finished
        } else if self.is_mains_lost || word == Word::Drives {
            ChargeEnd::Unplugged
        } else if self.is_resting {
            ChargeEnd::Interrupted
        } else {
            ChargeEnd::DataLost
        }
    }

    /// Its name for ever.
    #[must_use]
    pub const fn id(&self) -> EpisodeId {
        self.id
    }

    /// When it began.
    #[must_use]
    pub const fn started(&self) -> UtcTime {
        UtcTime::from_micros(self.started_us)
    }

    /// When it was last seen to charge; its end once it has one.
    #[must_use]
    pub const fn last_charging(&self) -> UtcTime {
        UtcTime::from_micros(self.last_charging_us)
    }

    /// Why it is over; `None` while it goes on.
    #[must_use]
    pub const fn end(&self) -> Option<ChargeEnd> {
        self.end
    }

    /// Whether it is certain to be a charge.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// Whether it was inferred from the battery alone, without the charger's word.
    #[must_use]
    pub const fn is_inferred(&self) -> bool {
        self.is_inferred
    }

    /// How often it stopped and went on.
    #[must_use]
    pub const fn interruptions(&self) -> u32 {
        self.interruptions
    }

    /// From its beginning to its end, interruptions included.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        Duration::from_micros(self.lasted_us)
    }

    /// State of charge at the beginning and at the end, as far as it was seen.
    #[must_use]
    pub fn soc(&self) -> (Option<StateOfCharge>, Option<StateOfCharge>) {
        let percent = |value: Option<f64>| value.and_then(StateOfCharge::from_percent);
        (percent(self.soc.first), percent(self.soc.last))
    }

    /// What the car itself said was in the battery, at the beginning and at the end.
    #[must_use]
    pub fn available_energy(&self) -> (Option<WattHours>, Option<WattHours>) {
        let energy = |value: Option<f64>| value.map(WattHours::new);
        (
            energy(self.available_wh.first),
            energy(self.available_wh.last),
        )
    }

    /// Energy and charge into the battery, and how much of the time they cover.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.ledger.settled()
    }

    /// The mean current into the battery over the covered time.
    #[must_use]
    pub fn mean_current(&self) -> Option<Amps> {
        self.ledger.mean_current()
    }

    /// The strongest current into the battery.
    #[must_use]
    pub fn strongest_current(&self) -> Option<Amps> {
        self.strongest_a.map(Amps::new)
    }
}

/// Follows charges through observations.
///
/// Feed one observation per second, also when nothing is known ([`Observation::unknown`]).
#[derive(Debug, Default)]
pub struct ChargeTracker {
    current: Option<Charge>,
    clock: Clock,
}

impl ChargeTracker {
    /// Goes on with the record that the last run left behind. A record too old to go on is ended
    /// at once.
    pub fn resume(&mut self, record: Charge, now: Stamp) -> Option<Change<Charge>> {
        self.current = Some(record);
        self.clock = Clock::default();
        let change = self.go_on(&Observation::unknown(now), Word::Silent);
        self.clock.hear(now);
        change
    }

    /// Takes one observation; `draw` names a charge that begins. Every change is to be persisted.
    pub fn observe(
        &mut self,
        seen: &Observation,
        draw: impl FnOnce() -> EpisodeId,
    ) -> Vec<Change<Charge>> {
        let word = word(seen);
        let mut changes: Vec<_> = self.go_on(seen, word).into_iter().collect();
        if self.current.is_none() && word.is_charging() {
            let charge = Charge::begin(draw(), seen, word);
            changes.push(if charge.is_confirmed {
                Change::Started(charge.clone())
            } else {
                Change::Candidate(charge.clone())
            });
            self.current = Some(charge);
        }
        self.clock.hear(seen.at);
        changes
    }

    /// No more observations will come: ends what is running.
    pub fn finish(&mut self) -> Option<Change<Charge>> {
        self.end(Word::Silent)
    }

    fn go_on(&mut self, seen: &Observation, word: Word) -> Option<Change<Charge>> {
        let charge = self.current.as_mut()?;
        let updated = UtcTime::from_micros(charge.updated_us);
        let time = self.clock.since_last(updated, seen.at);
        let Some(time) = time.filter(|time| *time < LONGEST_INTERRUPTION) else {
            return self.end(Word::Silent);
        };
        if !word.is_charging() {
            charge.hear(seen, word);
        }
        let since = Duration::from_micros(charge.since_charging_us) + time;
        if since > Duration::ZERO && since >= charge.longest_interruption(word) {
            return self.end(word);
        }
        charge.advance(time, seen, word);
        if charge.is_confirmed {
            return Some(Change::Progressed(charge.clone()));
        }
        charge.is_confirmed = charge.is_proven();
        Some(if charge.is_confirmed {
            Change::Started(charge.clone())
        } else {
            Change::Candidate(charge.clone())
        })
    }

    fn end(&mut self, word: Word) -> Option<Change<Charge>> {
        let mut charge = self.current.take()?;
        if !charge.is_confirmed {
            return Some(Change::Dismissed(charge.id));
        }
        charge.end = Some(charge.cause(word));
        Some(Change::Ended(charge))
    }
}

fn word(seen: &Observation) -> Word {
    let by_car = seen.speed.is_some_and(|speed| speed.abs() > STANDING);
    let by_fix = seen.fix.and_then(|fix| fix.speed);
    let drives = by_car || by_fix.is_some_and(|speed| speed > STANDING_BY_FIX);
    let flows = seen.current.map(|current| current.into_battery() > PROOF);
    match (seen.is_charging, flows) {
        (Some(true), _) => Word::Charges,
        _ if drives => Word::Drives,
        (Some(false), _) | (None, Some(false)) => Word::Rests,
        (None, Some(true)) => Word::Flows,
        (None, None) => Word::Silent,
    }
}

#[cfg(test)]
mod tests;
