//! V2V of the car: its state and what is heard in, payloads and things to keep out.
//!
//! Not what is decided ([`v2x_proto::v2v`]): neither when a CAM is due nor whom to believe.

use core::time::Duration;

use rand_core::CryptoRng;
use serde_json::json;
use v2x_proto::secure::{VerifiedMessage, Verifier};
use v2x_proto::v2v::{
    Accuracy, ChargingStationInSight, Condition, Fault, Heard, Motion, OwnPosition, Pseudonym,
    Received, Subject, V2v, V2vEvent, V2vInput, V2vOutput, V2vSettings, Warning,
};
use v2x_proto::wire::cam::ExteriorLights;
use v2x_proto::wire::motion::DriveDirection;
use v2x_recording::{Gear, RadioRow};
use v2x_units::{Degrees, Instant, MacAddress, Meters, MetersPerSecond, Position, Stamp, UtcTime};

use super::CarNow;
use super::rows;
use crate::vehicle::Course;

/// Half a circle that holds the true place in 95 of 100 cases, per unit of HDOP: what the receivers
/// of the project scatter while they move.
const ACCURACY_PER_HDOP_M: f64 = 5.0;
/// An accuracy without a word of the receiver.
const ACCURACY_M: f64 = 10.0;
/// How often the state of V2V goes into the telemetry.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// What is to be kept of V2V.
#[derive(Debug, Clone, PartialEq)]
pub enum ToldByV2v {
    /// Something that happened; `is_alert`: it is sent as such and never evicted.
    Event {
        /// Its word, as it stands in the store.
        kind: &'static str,
        /// Its circumstances, a JSON object.
        detail: serde_json::Value,
        /// Whether it is sent as an alert.
        is_alert: bool,
    },
    /// How it goes, for the telemetry.
    State(TrafficState),
}

/// V2V at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct TrafficState {
    /// Cars in sight.
    pub neighbours: usize,
    /// How far the nearest of them is.
    pub nearest: Option<Meters>,
    /// The share of CAMs that arrive, of the neighbour that is heard worst.
    pub worst_delivery: Option<f64>,
    /// Events of others that are known.
    pub events: usize,
    /// Warnings that are given now.
    pub warnings: usize,
    /// Charging stations that announce themselves.
    pub charging_stations: usize,
    /// How far the nearest with a free slot is.
    pub nearest_free: Option<Meters>,
    /// CAMs and DENMs that were sent.
    pub sent: u64,
    /// CAMs and DENMs that were believed.
    pub verified: u64,
    /// What was heard and changed nothing.
    pub refused: u64,
    /// How busy the channel is, 0 to 1.
    pub busy_ratio: f64,
    /// Pseudonyms that hold now.
    pub pseudonyms: usize,
}

/// A warning that is given, under the name that it has in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenWarning {
    /// Its name: no other warning has it.
    pub name: String,
    /// Since when it is given.
    pub since: UtcTime,
    /// Whom it is about, and why.
    pub warning: Warning,
}

/// The station that a warning is about: the one that is in the way, or the one that reports it.
#[must_use]
pub fn station_of(subject: Subject) -> String {
    match subject {
        Subject::Station(station) => station.raw().to_string(),
        Subject::Event(action) => action.originator.raw().to_string(),
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum WantedByV2v {
    /// Give the radio this address before anything else is sent.
    SetAddress(MacAddress),
    /// Give these bytes to the radio, for whom they are.
    Send(MacAddress, Vec<u8>),
    /// Keep this.
    Keep(ToldByV2v),
    /// Write this row.
    Record(RadioRow),
    /// Nothing: this message was believed, and what follows from it is said besides.
    Received(Box<Received>),
    /// A warning began, or ended at this time.
    Warning(Box<GivenWarning>, Option<UtcTime>),
}

/// The car's V2V.
#[derive(Debug)]
pub struct Traffic {
    v2v: V2v,
    settings: V2vSettings,
    course: Course,
    last_fix: Option<Instant>,
    place: Option<Position>,
    wake_at: Option<Instant>,
    tell_due: Instant,
    /// The warnings that are given, each under its name in the log.
    warnings: Vec<GivenWarning>,
}

impl Traffic {
    /// Speaks under these pseudonyms and believes whom the verifier does. Without a pseudonym the
    /// car is silent to others, and listens.
    pub fn new(
        settings: V2vSettings,
        verifier: Verifier,
        pseudonyms: Vec<Pseudonym>,
        now: Instant,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let mut v2v = V2v::new(settings, verifier);
        v2v.handle(now, V2vInput::Pseudonyms(pseudonyms), rng);
        Self {
            v2v,
            settings,
            course: Course::default(),
            last_fix: None,
            place: None,
            wake_at: Some(now),
            tell_due: now + TELL_EVERY,
            warnings: Vec::new(),
        }
    }

    /// The protocol itself, for whoever wants to look at it.
    #[must_use]
    pub const fn v2v(&self) -> &V2v {
        &self.v2v
    }

    /// When it wants to be polled.
    #[must_use]
    pub const fn wake_at(&self) -> Option<Instant> {
        self.wake_at
    }

    /// Names this address in every packet: the radio takes no other. Whether that is news.
    pub fn fix_address(
        &mut self,
        now: Instant,
        address: MacAddress,
        rng: &mut dyn CryptoRng,
    ) -> bool {
        if self.settings.fixed_address == Some(address) {
            return false;
        }
        self.settings.fixed_address = Some(address);
        self.v2v.handle(now, V2vInput::Settings(self.settings), rng);
        true
    }

    /// The radio takes other addresses again: the next pseudonym has one of its own. Whether that
    /// is news.
    pub fn free_address(&mut self, now: Instant, rng: &mut dyn CryptoRng) -> bool {
        let was_fixed = self.settings.fixed_address.take().is_some();
        if was_fixed {
            self.v2v.handle(now, V2vInput::Settings(self.settings), rng);
        }
        was_fixed
    }

    /// How many charging stations announce themselves within reach.
    #[must_use]
    pub fn charging_stations(&self) -> usize {
        self.v2v.map().charging_stations().len()
    }

    /// Takes the time, if it is known.
    pub fn clock(&mut self, now: Instant, utc: Option<UtcTime>, rng: &mut dyn CryptoRng) {
        self.v2v.handle(now, V2vInput::Clock(utc), rng);
    }

    /// Takes what the radio heard.
    pub fn heard(&mut self, at: Instant, heard: Heard<'_>, rng: &mut dyn CryptoRng) {
        self.v2v.handle(at, V2vInput::Heard(heard), rng);
    }

    /// Takes the car as it is now, and whether a charging station speaks with it: then its names
    /// stay.
    pub fn car(&mut self, car: &CarNow, in_conversation: bool, rng: &mut dyn CryptoRng) {
        let now = car.at.instant;
        let conversation = V2vInput::InConversation(in_conversation);
        self.v2v.handle(now, conversation, rng);
        self.v2v.handle(now, V2vInput::Motion(motion(car)), rng);
        let condition = Condition {
            battery: car.battery,
            // The car says that it has to stop, and not what of it is broken.
            fault: (car.broken_down == Some(true)).then_some(Fault::Unknown),
            power_limited: None,
        };
        self.v2v.handle(now, V2vInput::Condition(condition), rng);
        let Some((at, fix)) = car.fix.filter(|(at, _)| self.last_fix != Some(*at)) else {
            return;
        };
        self.last_fix = Some(at);
        self.place = Some(fix.position);
        self.course.take(at, fix.position);
        let accuracy = fix
            .hdop
            .map_or(ACCURACY_M, |hdop| hdop * ACCURACY_PER_HDOP_M);
        let position = OwnPosition {
            at,
            position: fix.position,
            accuracy: Some(Accuracy::circle(Meters::new(accuracy))),
            // The receiver says the height above the sea; CAMs want that above the ellipsoid.
            altitude: fix
                .altitude
                .zip(car.geoid_separation)
                .map(|(above_sea, separation)| above_sea + separation),
            course: self.course.now(at),
        };
        self.v2v.handle(now, V2vInput::Position(position), rng);
    }

    /// Says what is to be done until nothing is left.
    pub fn poll(&mut self, now: Stamp, rng: &mut dyn CryptoRng, mut want: impl FnMut(WantedByV2v)) {
        let (now, utc) = (now.instant, now.utc);
        loop {
            match self.v2v.poll(now, rng) {
                V2vOutput::SetAddress(address) => want(WantedByV2v::SetAddress(address)),
                V2vOutput::Send(outgoing) => want(WantedByV2v::Send(outgoing.to, outgoing.payload)),
                V2vOutput::Event(V2vEvent::Received(heard)) => {
                    let map = self.v2v.map();
                    let neighbour = map.neighbour(heard.station);
                    let row = neighbour.and_then(|from| rows::of_neighbour(utc, &heard, from));
                    let mut stations = map.charging_stations().iter();
                    let station = matches!(heard.message, VerifiedMessage::Evcsn(_))
                        .then(|| stations.find(|it| it.station == heard.station));
                    let row = row.or(station.flatten().map(|it| rows::of_announcement(utc, it)));
                    row.into_iter()
                        .for_each(|row| want(WantedByV2v::Record(row)));
                    want(WantedByV2v::Received(heard));
                }
                V2vOutput::Event(V2vEvent::ChargingStation(station)) => {
                    let mut stations = self.v2v.map().charging_stations().iter();
                    let known = stations.find(|it| it.station == station);
                    let told = known.map(|it| self.told_of_station(it));
                    told.into_iter()
                        .for_each(|told| want(WantedByV2v::Keep(told)));
                }
                V2vOutput::Event(V2vEvent::WarningRaised(warning)) => {
                    let given = GivenWarning {
                        name: format!("{}-{:x}", station_of(warning.subject), now.as_micros()),
                        since: utc,
                        warning,
                    };
                    want(WantedByV2v::Warning(Box::new(given.clone()), None));
                    want(WantedByV2v::Keep(of_warning("v2v_warning", &given)));
                    self.warnings.push(given);
                }
                V2vOutput::Event(V2vEvent::WarningCleared(warning)) => {
                    let given = self.take_back(warning, utc);
                    want(WantedByV2v::Keep(of_warning("v2v_warning_over", &given)));
                    want(WantedByV2v::Warning(Box::new(given), Some(utc)));
                }
                V2vOutput::Event(event) => {
                    if let Some(told) = told(&event) {
                        want(WantedByV2v::Keep(told));
                    }
                }
                V2vOutput::WakeAt(when) => {
                    self.wake_at = when;
                    break;
                }
            }
        }
        if now >= self.tell_due {
            self.tell_due = now + TELL_EVERY;
            want(WantedByV2v::Keep(ToldByV2v::State(self.state(now))));
        }
    }

    /// The warning as it was given, which is given no more.
    fn take_back(&mut self, warning: Warning, utc: UtcTime) -> GivenWarning {
        let is_it = |it: &GivenWarning| {
            (it.warning.subject, it.warning.kind) == (warning.subject, warning.kind)
        };
        let place = self.warnings.iter().position(is_it);
        let given = place.map(|place| self.warnings.remove(place));
        let given = given.unwrap_or(GivenWarning {
            name: String::new(),
            since: utc,
            warning,
        });
        GivenWarning { warning, ..given }
    }

    /// The warnings that are given now.
    #[must_use]
    pub fn warnings(&self) -> &[GivenWarning] {
        &self.warnings
    }

    /// Where the car was last, and where it goes.
    #[must_use]
    pub fn own(&self, now: Instant) -> Option<(Position, Option<Degrees>)> {
        self.place.map(|place| (place, self.course.now(now)))
    }

    /// What a charging station says of itself, when it says something new.
    fn told_of_station(&self, station: &ChargingStationInSight) -> ToldByV2v {
        let distance = self
            .place
            .map(|place| station.distance(place).get().round());
        let spots: Vec<_> = (station.spots.iter())
            .map(|spot| json!({ "slot": spot.name, "free": spot.is_free, "plug": spot.plug }))
            .collect();
        ToldByV2v::Event {
            kind: "v2v_charging_station",
            detail: json!({
                "station": station.station.raw(),
                "provider": station.provider,
                "distance_m": distance,
                "pricing": station.pricing,
                "accessibility": station.accessibility,
                "free": station.free(),
                "slots": spots,
            }),
            is_alert: false,
        }
    }

    fn state(&self, now: Instant) -> TrafficState {
        let map = self.v2v.map();
        let counters = self.v2v.counters();
        let distances = map
            .neighbours()
            .iter()
            .filter_map(|it| Some(it.distance(now, self.place?)));
        let nearest = distances.min_by(|a, b| a.get().total_cmp(&b.get()));
        let deliveries = map
            .neighbours()
            .iter()
            .filter_map(|it| it.quality.delivery_ratio());
        let free = map.charging_stations().iter().filter(|it| it.free() > 0);
        let free = free.filter_map(|it| Some(it.distance(self.place?)));
        TrafficState {
            neighbours: map.neighbours().len(),
            nearest,
            worst_delivery: deliveries.min_by(f64::total_cmp),
            events: map.events().iter().count(),
            warnings: self.v2v.warnings().count(),
            charging_stations: map.charging_stations().len(),
            nearest_free: free.min_by(|a, b| a.get().total_cmp(&b.get())),
            sent: counters.sent_cams + counters.sent_denms,
            verified: counters.cams + counters.denms,
            refused: counters.refused().map(|(_, count)| count).sum(),
            busy_ratio: self.v2v.busy_ratio(),
            pseudonyms: self.v2v.pseudonyms_holding(now),
        }
    }
}

fn motion(car: &CarNow) -> Motion {
    let direction = match car.gear {
        Some(Gear::Drive) => Some(DriveDirection::Forward),
        Some(Gear::Reverse) => Some(DriveDirection::Backward),
        _ => None,
    };
    Motion {
        // A speed that came late, or was not said again, is no slope of this moment.
        at: car.speed_at.unwrap_or(car.at.instant),
        speed: car.speed.map(|speed| {
            let signed = speed.to_meters_per_second();
            MetersPerSecond::new(signed.get().abs())
        }),
        direction,
        acceleration: None,
        yaw_rate: None,
        brake_pedal: car.brake,
        accelerator_pedal: car.accelerator.map(|percent| percent > 0.0),
        lights: ExteriorLights::empty(),
    }
}

/// What is kept of an event. Each verified message is counted, and only the beginnings are told.
fn told(event: &V2vEvent) -> Option<ToldByV2v> {
    let plain = |kind, detail| ToldByV2v::Event {
        kind,
        detail,
        is_alert: false,
    };
    Some(match event {
        // Those with more to them than an event.
        V2vEvent::Received(_)
        | V2vEvent::Refused { .. }
        | V2vEvent::ChargingStation(_)
        | V2vEvent::WarningRaised(_)
        | V2vEvent::WarningCleared(_) => return None,
        V2vEvent::ChargingStationLost(station) => plain(
            "v2v_charging_station_lost",
            json!({ "station": station.raw() }),
        ),
        V2vEvent::NeighbourAppeared(station) => plain(
            "v2v_neighbour_appeared",
            json!({ "station": station.raw() }),
        ),
        V2vEvent::NeighbourLost(station) => {
            plain("v2v_neighbour_lost", json!({ "station": station.raw() }))
        }
        V2vEvent::EventKnown(action) => plain(
            "v2v_event_known",
            json!({ "action": format!("{action:?}") }),
        ),
        V2vEvent::EventOver(action) => {
            plain("v2v_event_over", json!({ "action": format!("{action:?}") }))
        }
        V2vEvent::OwnEventBegun(kind, _) => {
            plain("v2v_own_event", json!({ "event": format!("{kind:?}") }))
        }
        V2vEvent::OwnEventEnded(kind, _) => plain(
            "v2v_own_event_over",
            json!({ "event": format!("{kind:?}") }),
        ),
        // The new names are told to nobody who could link them to the old ones.
        V2vEvent::PseudonymChanged { .. } => plain("v2v_pseudonym_changed", json!({})),
        V2vEvent::Silent(why) => plain("v2v_silent", json!({ "why": format!("{why:?}") })),
        V2vEvent::Speaking => plain("v2v_speaking", json!({})),
    })
}

fn of_warning(kind: &'static str, given: &GivenWarning) -> ToldByV2v {
    let warning = &given.warning;
    ToldByV2v::Event {
        kind,
        detail: json!({
            "v2v_warning": warning.to_string(),
            "v2v_warning_kind": format!("{:?}", warning.kind),
            "v2v_warning_distance_m": warning.distance.get().round(),
            "v2v_warning_confidence": warning.confidence.get(),
            "v2v_warning_station": station_of(warning.subject),
            "v2v_warning_id": given.name,
        }),
        is_alert: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_units::KilometersPerHour;

    #[test]
    fn motion_is_of_the_moment_at_which_its_speed_was_measured() {
        let (now, before) = (
            Instant::from_micros(2_000_000),
            Instant::from_micros(1_700_000),
        );
        let car = |speed_at| CarNow {
            speed: Some(KilometersPerHour::new(36.0)),
            speed_at,
            ..CarNow::nothing_known(now)
        };
        assert_eq!(motion(&car(Some(before))).at, before);
        assert_eq!(motion(&car(None)).at, now);
    }
}
