//! The events that others report, until they end, are denied or run out.
//!
//! Standard: ETSI EN 302 637-3 v1.3.1. A newer reference time replaces an older one; an equal or
//! older one is a repetition. Only the certificate that reported an event may change or cancel
//! it. Anybody may deny it (negation): the first denial halves what it is believed, a second one
//! by another certificate ends it, so that no single station can take a warning away.

use alloc::vec::Vec;

use v2x_units::{Degrees, Instant, Meters, MetersPerSecond, Position};

use super::geometry::{Step, beside, difference};
use super::path::places;
use super::plausibility::Implausible;
use crate::limits::{EVENT_RANGE_MAX, EVENTS_KNOWN_MAX, EVENTS_PER_SIGNER_MAX};
use crate::wire::certificate::HashedId8;
use crate::wire::denm::{
    Denm, InformationQuality, Management, RelevanceDistance, RelevanceTrafficDirection, Termination,
};
use crate::wire::its_time::ItsTime;
use crate::wire::station::{ActionId, CauseCode};

/// How far clocks may disagree about when an event was detected, in milliseconds.
const DETECTION_AHEAD_MAX_MS: i64 = 2_000;

/// An event that another station reports.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownEvent {
    /// Its identity.
    pub action: ActionId,
    /// The certificate that reports it.
    pub signer: HashedId8,
    /// What it is.
    pub cause: CauseCode,
    /// What it comes from, or why a vehicle stands.
    pub linked_cause: Option<CauseCode>,
    /// How sure its reporter is.
    pub quality: InformationQuality,
    /// Where it is.
    pub position: Position,
    /// Where it moves to, or the way the vehicle looks.
    pub heading: Option<Degrees>,
    /// How fast it moves.
    pub speed: Option<MetersPerSecond>,
    /// The way that leads to it, the nearest place first.
    pub path: Vec<Position>,
    /// Up to which distance it matters.
    pub relevance_distance: Option<RelevanceDistance>,
    /// For whom it matters.
    pub relevance_direction: Option<RelevanceTrafficDirection>,
    /// When this version of it was made.
    pub reference_time: ItsTime,
    /// Until when it is valid.
    pub valid_until: ItsTime,
    /// When it was first heard.
    pub first_heard: Instant,
    /// When it was last heard.
    pub last_heard: Instant,
    /// Who denied it.
    pub denied_by: Option<HashedId8>,
    /// It is kept as a memory only, so that a late repetition does not bring it back.
    over: bool,
}

/// What a DENM changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventChange {
    /// It is known now, or newly told.
    Known(ActionId),
    /// It is over.
    Over(ActionId),
    /// Nothing: a repetition, or the end of what was not known.
    Nothing,
}

/// A DENM that is verified, with what is around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) at: Instant,
    pub(super) now: ItsTime,
    pub(super) signer: HashedId8,
    pub(super) denm: &'a Denm,
    pub(super) own: Option<Position>,
}

/// The events that others report.
#[derive(Debug, Default)]
pub struct EventTable {
    events: Vec<KnownEvent>,
    displaced: u64,
}

impl EventTable {
    /// The events that are going on.
    pub fn iter(&self) -> impl Iterator<Item = &KnownEvent> {
        self.events.iter().filter(|event| !event.over)
    }

    /// The event with an identity.
    #[must_use]
    pub fn get(&self, action: ActionId) -> Option<&KnownEvent> {
        self.iter().find(|event| event.action == action)
    }

    /// How many events had to make room for others.
    #[must_use]
    pub const fn displaced(&self) -> u64 {
        self.displaced
    }

    /// Takes what a station reports.
    ///
    /// # Errors
    /// It cannot be so, or is not that station's to say.
    pub(super) fn take(&mut self, told: &Told<'_>) -> Result<EventChange, Implausible> {
        let management = &told.denm.management;
        let place = self
            .events
            .iter()
            .position(|it| it.action == management.action);
        if management.termination == Some(Termination::Negation) {
            return Ok(place.map_or(EventChange::Nothing, |place| self.deny(place, told.signer)));
        }
        if management.action.originator != told.denm.station
            || place.is_some_and(|place| self.events[place].signer != told.signer)
        {
            return Err(Implausible::NotOriginator);
        }
        let newer =
            place.is_none_or(|at| management.reference_time > self.events[at].reference_time);
        if !newer {
            if let Some(place) = place {
                self.events[place].last_heard = told.at;
            }
            return Ok(EventChange::Nothing);
        }
        if management.termination.is_some() {
            let Some(place) = place else {
                return Ok(EventChange::Nothing);
            };
            let event = &mut self.events[place];
            event.reference_time = management.reference_time;
            return Ok(end(event));
        }
        let event = event_of(told)?;
        match place {
            Some(place) => {
                let before = &self.events[place];
                self.events[place] = KnownEvent {
                    first_heard: before.first_heard,
                    denied_by: None,
                    ..event
                };
            }
            None => self.begin(event)?,
        }
        Ok(EventChange::Known(management.action))
    }

    fn deny(&mut self, place: usize, by: HashedId8) -> EventChange {
        let event = &mut self.events[place];
        match event.denied_by {
            _ if event.over || event.signer == by => EventChange::Nothing,
            Some(other) if other != by => end(event),
            Some(_) => EventChange::Nothing,
            None => {
                event.denied_by = Some(by);
                EventChange::Known(event.action)
            }
        }
    }

    fn begin(&mut self, event: KnownEvent) -> Result<(), Implausible> {
        let of_signer = self.events.iter().filter(|it| it.signer == event.signer);
        if of_signer.count() >= EVENTS_PER_SIGNER_MAX {
            return Err(Implausible::TooManyEvents);
        }
        if self.events.len() >= EVENTS_KNOWN_MAX {
            let ends = |(_, it): &(usize, &KnownEvent)| (!it.over, it.valid_until);
            if let Some((first, _)) = self.events.iter().enumerate().min_by_key(ends) {
                self.events.remove(first);
                self.displaced += 1;
            }
        }
        self.events.push(event);
        Ok(())
    }

    /// Forgets what has run out, and says what was going on until now.
    pub(super) fn age(&mut self, now: ItsTime) -> Vec<ActionId> {
        self.forget(|event| event.valid_until <= now)
    }

    /// Forgets what those report who are believed no more.
    pub(super) fn forget_signers(&mut self, signers: &[HashedId8]) -> Vec<ActionId> {
        self.forget(|event| signers.contains(&event.signer))
    }

    fn forget(&mut self, gone: impl Fn(&KnownEvent) -> bool) -> Vec<ActionId> {
        let over = self.iter().filter(|event| gone(event));
        let over = over.map(|event| event.action).collect();
        self.events.retain(|event| !gone(event));
        over
    }
}

/// Keeps an event as a memory only.
fn end(event: &mut KnownEvent) -> EventChange {
    if core::mem::replace(&mut event.over, true) {
        return EventChange::Nothing;
    }
    event.path = Vec::new();
    EventChange::Over(event.action)
}

fn event_of(told: &Told<'_>) -> Result<KnownEvent, Implausible> {
    let denm = told.denm;
    let management = &denm.management;
    let position = management
        .position
        .position()
        .ok_or(Implausible::PositionMissing)?;
    let situation = denm.situation.as_ref();
    let situation = situation.ok_or(Implausible::EventImplausible)?;
    let valid_until = valid_until(management).ok_or(Implausible::EventImplausible)?;
    let ahead = management.detection_time.as_millis() - told.now.as_millis();
    let far = |own: Position| own.distance_to(position) > EVENT_RANGE_MAX;
    if ahead > DETECTION_AHEAD_MAX_MS || valid_until <= told.now || told.own.is_some_and(far) {
        return Err(Implausible::EventImplausible);
    }
    let location = denm.location.as_ref();
    let path = location.and_then(|location| location.traces.first());
    let stands = denm.alacarte.as_ref();
    let stands = stands.and_then(|alacarte| alacarte.stationary_vehicle.as_ref());
    Ok(KnownEvent {
        action: management.action,
        signer: told.signer,
        cause: situation.event,
        linked_cause: situation
            .linked_cause
            .or(stands.and_then(|vehicle| vehicle.cause)),
        quality: situation.quality,
        position,
        heading: location
            .and_then(|location| location.heading?.value)
            .map(|heading| heading.get()),
        speed: location
            .and_then(|location| location.speed?.value)
            .map(|speed| speed.get()),
        path: path.map_or_else(Vec::new, |path| places(position, path)),
        relevance_distance: management.relevance_distance,
        relevance_direction: management.relevance_direction,
        reference_time: management.reference_time,
        valid_until,
        first_heard: told.at,
        last_heard: told.at,
        denied_by: None,
        over: false,
    })
}

fn valid_until(management: &Management) -> Option<ItsTime> {
    let lasts = i64::from(management.validity.raw()) * 1000;
    ItsTime::from_millis(management.detection_time.as_millis() + lasts).ok()
}

/// How an event lies to a car that may be on its way there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relevance {
    /// How far away it is, as the crow flies.
    pub distance: Meters,
    /// How far it lies off the direction of the car.
    pub off_axis: Degrees,
    /// Whether the car is on the way that leads to it.
    pub on_path: bool,
}

/// An event off the path matters within this angle to the direction of the car.
const AHEAD: f64 = 60.0;
/// The car is on the path when it is so near to one of its ways, in metres.
const ON_PATH: f64 = 25.0;
/// And when it drives the same way, within this angle.
const ALONG_PATH: f64 = 60.0;

impl KnownEvent {
    /// How it lies to a car at a place with a direction; `None` when it does not matter to it.
    #[must_use]
    pub fn relevance(&self, place: Position, heading: Degrees) -> Option<Relevance> {
        let step = Step::between(place, self.position);
        let distance = step.length();
        if distance > self.relevant_within() {
            return None;
        }
        let off_axis = difference(step.bearing(), heading);
        let on_path = match self.along_path(place, heading) {
            Some(false) => return None,
            Some(true) => true,
            None => false,
        };
        let apart = self.heading.map(|event| difference(event, heading).get());
        let concerns = match self.relevance_direction {
            None | Some(RelevanceTrafficDirection::All) => off_axis.get() <= AHEAD,
            Some(RelevanceTrafficDirection::Upstream) => {
                off_axis.get() <= AHEAD && apart.is_none_or(|apart| apart <= 90.0)
            }
            Some(RelevanceTrafficDirection::Downstream) => {
                off_axis.get() >= 180.0 - AHEAD && apart.is_none_or(|apart| apart <= 90.0)
            }
            Some(RelevanceTrafficDirection::Opposite) => {
                off_axis.get() <= AHEAD && apart.is_none_or(|apart| apart > 90.0)
            }
        };
        (on_path || concerns).then_some(Relevance {
            distance,
            off_axis,
            on_path,
        })
    }

    /// Whether a car follows the path to the event; `None` when it is not on the path.
    fn along_path(&self, place: Position, heading: Degrees) -> Option<bool> {
        // Each way leads from a point to the one that is nearer to the event.
        let nearer = core::iter::once(&self.position).chain(&self.path);
        let ways = self.path.iter().zip(nearer);
        let (from, to, distance) = ways
            .map(|(from, to)| (*from, *to, beside(*from, *to, place).get()))
            .min_by(|one, other| one.2.total_cmp(&other.2))?;
        if distance > ON_PATH {
            return None;
        }
        let way = Step::between(from, to).bearing();
        Some(difference(way, heading).get() <= ALONG_PATH)
    }

    fn relevant_within(&self) -> Meters {
        /// Where the event does not say.
        const UNSAID: f64 = 1_000.0;
        Meters::new(match self.relevance_distance {
            Some(RelevanceDistance::LessThan50M) => 50.0,
            Some(RelevanceDistance::LessThan100M) => 100.0,
            Some(RelevanceDistance::LessThan200M) => 200.0,
            Some(RelevanceDistance::LessThan500M) => 500.0,
            Some(RelevanceDistance::LessThan1000M) => 1_000.0,
            Some(RelevanceDistance::LessThan5Km) => 5_000.0,
            Some(RelevanceDistance::LessThan10Km) => 10_000.0,
            Some(RelevanceDistance::Over10Km) => f64::INFINITY,
            None => UNSAID,
        })
    }
}
