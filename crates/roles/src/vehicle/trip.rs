//! Trips: from the first motion to the last, with distance, energy and extremes.
//!
//! A car moves when its own speed is above 1 km/h or its receiver's above 3 km/h; a pause of less
//! than two minutes belongs to the trip, so that a traffic light does not cut it. What never gets
//! a hundred metres far was a manoeuvre or a receiver's jitter, and is dismissed.
//!
//! Not here: where observations come from ([`super::observation`]) and where records go.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use v2x_units::{
    BatteryCurrent, Degrees, GnssFix, Kilometers, KilometersPerHour, Meters, Position, Stamp,
    StateOfCharge, UtcTime, Watts,
};

use super::energy::{Flow, Ledger};
use super::episode::{Change, Clock, Course, EpisodeId, larger};
use super::observation::Observation;

/// Standing for so long ends a trip.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// The car's own speed above which it moves: half the coarsest step of the recordings.
const MOVING: KilometersPerHour = KilometersPerHour::new(1.0);
/// The receiver's speed above which the car moves; a parked one shows up to 2 km/h of jitter.
const MOVING_BY_FIX: KilometersPerHour = KilometersPerHour::new(3.0);
/// The way after which moving is a trip.
const SHORTEST_TRIP: Meters = Meters::new(100.0);
/// A ten-thousandth of the shortest trip: what binary fractions of an odometer are worth.
const ROUNDING: Meters = Meters::new(0.01);
/// Time in motion after which it is a trip although nothing measures the way.
const LONG_ENOUGH: Duration = Duration::from_secs(60);
/// The part of a trip that its energy must cover before Wh/km means anything.
const COVERED_FOR_CONSUMPTION: f64 = 0.9;

/// Why a trip is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TripEnd {
    /// The car stood for two minutes, or the bus fell silent while it stood.
    Parked,
    /// Nothing more was heard while it moved, or nobody knows for how long.
    DataLost,
}

/// What measured a distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DistanceSource {
    /// The car's odometer.
    Odometer,
    /// The path through the good fixes.
    Gnss,
}

/// The record of one trip, running or over; holds all that a restart needs to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trip {
    id: EpisodeId,
    started_us: i64,
    updated_us: i64,
    last_motion_us: i64,
    end: Option<TripEnd>,
    is_confirmed: bool,
    /// The last word about motion was that the car stands.
    is_standing: bool,
    since_motion_us: u64,
    lasted_us: u64,
    in_motion_us: u64,
    soc: Course,
    odometer_km: Course,
    path: Path,
    ledger: Ledger,
    fastest_kmh: Option<f64>,
    strongest_out_w: Option<f64>,
    strongest_in_w: Option<f64>,
}

/// The way through the fixes. A standing car's fixes wander and are left out, but for the first
/// one after motion: without it each trip would lose its final stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Path {
    meters: f64,
    last: Option<(f64, f64)>,
    moved_since: bool,
}

impl Path {
    fn advance(&mut self, fix: Option<GnssFix>, is_moving: bool) {
        self.moved_since |= is_moving;
        let Some(fix) = fix.filter(|_| self.moved_since) else {
            return;
        };
        let last = self.last.and_then(|(latitude, longitude)| {
            Position::new(Degrees::new(latitude), Degrees::new(longitude)).ok()
        });
        self.meters += last.map_or(0.0, |last| last.distance_to(fix.position).get());
        let (latitude, longitude) = (fix.position.latitude(), fix.position.longitude());
        self.last = Some((latitude.get(), longitude.get()));
        self.moved_since = is_moving;
    }
}

impl Trip {
    fn begin(id: EpisodeId, seen: &Observation) -> Self {
        let now = seen.at.utc.as_micros();
        let mut trip = Self {
            id,
            started_us: now,
            updated_us: now,
            last_motion_us: now,
            end: None,
            is_confirmed: false,
            is_standing: false,
            since_motion_us: 0,
            lasted_us: 0,
            in_motion_us: 0,
            soc: Course::default(),
            odometer_km: Course::default(),
            path: Path::default(),
            ledger: Ledger::default(),
            fastest_kmh: None,
            strongest_out_w: None,
            strongest_in_w: None,
        };
        trip.advance(Duration::ZERO, seen, Some(true));
        trip
    }

    /// Goes on by a time, at the end of which this was seen.
    fn advance(&mut self, time: Duration, seen: &Observation, moving: Option<bool>) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.updated_us = seen.at.utc.as_micros();
        self.since_motion_us = self.since_motion_us.saturating_add(micros);
        self.is_standing = moving.map_or(self.is_standing, |moving| !moving);
        self.soc.see(seen.soc.map(StateOfCharge::percent));
        self.odometer_km.see(seen.odometer.map(Kilometers::get));
        self.path.advance(seen.fix, moving == Some(true));
        self.ledger.advance(time, seen.current, seen.pack_voltage);
        self.see_extremes(seen);
        if moving == Some(true) {
            self.lasted_us = self.lasted_us.saturating_add(self.since_motion_us);
            self.in_motion_us = self.in_motion_us.saturating_add(micros);
            self.since_motion_us = 0;
            self.last_motion_us = self.updated_us;
            self.ledger.settle();
        }
    }

    fn see_extremes(&mut self, seen: &Observation) {
        let by_fix = || seen.fix.and_then(|fix| fix.speed);
        let speed = seen.speed.or_else(by_fix);
        self.fastest_kmh = larger(self.fastest_kmh, speed.map(|speed| speed.abs().get()));
        let power = seen.current.zip(seen.pack_voltage);
        let watts =
            power.map(|(current, pack)| BatteryCurrent::power_into_battery(current, pack).get());
        let (into, out) = (watts.filter(|it| *it > 0.0), watts.filter(|it| *it < 0.0));
        self.strongest_in_w = larger(self.strongest_in_w, into);
        self.strongest_out_w = larger(self.strongest_out_w, out.map(f64::abs));
    }

    /// Whether moving has become a trip.
    fn is_far_enough(&self) -> bool {
        match self.distance() {
            Some((way, _)) => way.to_meters() + ROUNDING >= SHORTEST_TRIP,
            None => Duration::from_micros(self.in_motion_us) >= LONG_ENOUGH,
        }
    }

    /// Its name for ever.
    #[must_use]
    pub const fn id(&self) -> EpisodeId {
        self.id
    }

    /// When the car first moved.
    #[must_use]
    pub const fn started(&self) -> UtcTime {
        UtcTime::from_micros(self.started_us)
    }

    /// When the car last moved; the trip's end once it has one.
    #[must_use]
    pub const fn last_motion(&self) -> UtcTime {
        UtcTime::from_micros(self.last_motion_us)
    }

    /// Why it is over; `None` while it goes on.
    #[must_use]
    pub const fn end(&self) -> Option<TripEnd> {
        self.end
    }

    /// Whether it went far enough to be a trip.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// From the first motion to the last, by the clock that is never set.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        Duration::from_micros(self.lasted_us)
    }

    /// The time in motion, without the pauses.
    #[must_use]
    pub const fn in_motion(&self) -> Duration {
        Duration::from_micros(self.in_motion_us)
    }

    /// How far it went, and what says so: the odometer when it was seen, otherwise the fixes.
    #[must_use]
    pub fn distance(&self) -> Option<(Kilometers, DistanceSource)> {
        let odometer = self
            .by_odometer()
            .map(|way| (way, DistanceSource::Odometer));
        odometer.or_else(|| Some((self.by_gnss()?.to_kilometers(), DistanceSource::Gnss)))
    }

    /// How far the odometer went; `None` when it was not seen twice or ran backwards.
    #[must_use]
    pub fn by_odometer(&self) -> Option<Kilometers> {
        let (first, last) = self.odometer_km.first.zip(self.odometer_km.last)?;
        (last >= first).then(|| Kilometers::new(last - first))
    }

    /// The path through the good fixes; `None` without a fix.
    #[must_use]
    pub fn by_gnss(&self) -> Option<Meters> {
        self.path.last.map(|_| Meters::new(self.path.meters))
    }

    /// State of charge at the beginning and at the end, as far as it was seen.
    #[must_use]
    pub fn soc(&self) -> (Option<StateOfCharge>, Option<StateOfCharge>) {
        let percent = |value: Option<f64>| value.and_then(StateOfCharge::from_percent);
        (percent(self.soc.first), percent(self.soc.last))
    }

    /// Energy and charge out of the battery and back, and how much of the time they cover.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.ledger.settled()
    }

    /// Net energy out of the battery per kilometre, in Wh/km; `None` when less than nine tenths of
    /// the trip's time are covered or no distance is known.
    #[must_use]
    pub fn consumption(&self) -> Option<f64> {
        let flow = self.flow();
        let net = flow.energy_out()? - flow.energy_in()?;
        let covered = flow.energy_covers().as_secs_f64();
        let is_covered = covered >= COVERED_FOR_CONSUMPTION * self.duration().as_secs_f64();
        let (way, _) = self.distance()?;
        (is_covered && way > Kilometers::ZERO).then(|| net.get() / way.get())
    }

    /// The highest speed, by the car or else by the receiver.
    #[must_use]
    pub fn fastest(&self) -> Option<KilometersPerHour> {
        self.fastest_kmh.map(KilometersPerHour::new)
    }

    /// The strongest power out of the battery.
    #[must_use]
    pub fn strongest_drive(&self) -> Option<Watts> {
        self.strongest_out_w.map(Watts::new)
    }

    /// The strongest power into the battery.
    #[must_use]
    pub fn strongest_regeneration(&self) -> Option<Watts> {
        self.strongest_in_w.map(Watts::new)
    }
}

/// Finds trips in observations.
///
/// Feed one observation per second, also when nothing is known ([`Observation::unknown`]): time
/// that passes in silence ends a trip too.
#[derive(Debug, Default)]
pub struct TripDetector {
    current: Option<Trip>,
    clock: Clock,
}

impl TripDetector {
    /// Goes on with the record that the last run left behind. A record too old to go on is ended
    /// at once.
    pub fn resume(&mut self, record: Trip, now: Stamp) -> Option<Change<Trip>> {
        self.current = Some(record);
        self.clock = Clock::default();
        let change = self.go_on(&Observation::unknown(now), None);
        self.clock.hear(now);
        change
    }

    /// Takes one observation; `draw` names a trip that begins. Every change is to be persisted.
    pub fn observe(
        &mut self,
        seen: &Observation,
        draw: impl FnOnce() -> EpisodeId,
    ) -> Vec<Change<Trip>> {
        let moving = is_moving(seen);
        let mut changes: Vec<_> = self.go_on(seen, moving).into_iter().collect();
        if self.current.is_none() && moving == Some(true) {
            let trip = Trip::begin(draw(), seen);
            changes.push(Change::Candidate(trip.clone()));
            self.current = Some(trip);
        }
        self.clock.hear(seen.at);
        changes
    }

    /// No more observations will come: ends what is running.
    pub fn finish(&mut self) -> Option<Change<Trip>> {
        self.current.take().map(over)
    }

    fn go_on(&mut self, seen: &Observation, moving: Option<bool>) -> Option<Change<Trip>> {
        let trip = self.current.as_mut()?;
        let updated = UtcTime::from_micros(trip.updated_us);
        let time = self.clock.since_last(updated, seen.at);
        let stood = Duration::from_micros(trip.since_motion_us);
        let Some(time) = time.filter(|time| stood + *time < LONGEST_PAUSE) else {
            return self.finish();
        };
        trip.advance(time, seen, moving);
        if trip.is_confirmed {
            return Some(Change::Progressed(trip.clone()));
        }
        trip.is_confirmed = trip.is_far_enough();
        Some(if trip.is_confirmed {
            Change::Started(trip.clone())
        } else {
            Change::Candidate(trip.clone())
        })
    }
}

/// The last change of a record.
fn over(mut trip: Trip) -> Change<Trip> {
    if !trip.is_confirmed {
        return Change::Dismissed(trip.id);
    }
    trip.end = Some(if trip.is_standing {
        TripEnd::Parked
    } else {
        TripEnd::DataLost
    });
    Change::Ended(trip)
}

/// Whether the car moves; `None` when nothing tells.
fn is_moving(seen: &Observation) -> Option<bool> {
    if seen.is_charging == Some(true) {
        return Some(false);
    }
    let by_car = seen.speed.map(|speed| speed.abs() > MOVING);
    let by_fix = seen
        .fix
        .and_then(|fix| fix.speed)
        .map(|it| it > MOVING_BY_FIX);
    match (by_car, by_fix) {
        // Recordings without a speed: a pressed pedal moves a car that is in gear.
        (None, None) => seen.is_driven,
        (car, fix) => Some(car == Some(true) || fix == Some(true)),
    }
}

#[cfg(test)]
mod tests;
