//! V2V in the daemon: the car's state and what is heard in, payloads and things to keep out.
//!
//! Not what is decided ([`v2x_proto::v2v`]): neither when a CAM is due nor whom to believe.

use std::time::Duration;

use rand_core::CryptoRng;
use serde_json::json;
use tracing::{info, warn};
use v2x_proto::secure::{VerifiedMessage, Verifier};
use v2x_proto::v2v::{
    Accuracy, ChargingStationInSight, Condition, Heard, Motion, OwnPosition, Pseudonym, V2v,
    V2vEvent, V2vInput, V2vOutput, V2vSettings,
};
use v2x_proto::wire::cam::ExteriorLights;
use v2x_proto::wire::motion::DriveDirection;
use v2x_recording::{Gear, RadioRow};
use v2x_roles::vehicle::Course;
use v2x_units::{Instant, MacAddress, Meters, MetersPerSecond, Position, Stamp, UtcTime};

use v2x_web::types::{V2x, Warning as WarningShown};

use super::car::CarNow;
use super::rows;
use super::shown::{self, Named};
use crate::air::Packet;
use crate::failure::{Blame, Context as _, Failure};
use crate::keys::UnitKeys;

/// Half a circle that holds the true place in 95 of 100 cases, per unit of HDOP: what the receivers
/// of the project scatter while they move.
const ACCURACY_PER_HDOP_M: f64 = 5.0;
/// An accuracy without a word of the receiver.
const ACCURACY_M: f64 = 10.0;
/// How often the state of V2V goes into the telemetry.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// What is to be kept of V2V.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::vehicle) enum ToldByV2v {
    /// Something that happened; `is_alert`: it is sent as such and never evicted.
    Event {
        kind: &'static str,
        detail: serde_json::Value,
        is_alert: bool,
    },
    /// How it goes, for the telemetry.
    State(State),
}

/// V2V at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::vehicle) struct State {
    pub(in crate::vehicle) neighbours: usize,
    pub(in crate::vehicle) nearest: Option<Meters>,
    /// The share of CAMs that arrive, of the neighbour that is heard worst.
    pub(in crate::vehicle) worst_delivery: Option<f64>,
    pub(in crate::vehicle) events: usize,
    pub(in crate::vehicle) warnings: usize,
    /// Charging stations that announce themselves, and how far the nearest with a free slot is.
    pub(in crate::vehicle) charging_stations: usize,
    pub(in crate::vehicle) nearest_free: Option<Meters>,
    pub(in crate::vehicle) sent: u64,
    pub(in crate::vehicle) verified: u64,
    pub(in crate::vehicle) refused: u64,
    pub(in crate::vehicle) busy_ratio: f64,
    /// Pseudonyms that hold now.
    pub(in crate::vehicle) pseudonyms: usize,
}

/// What is to be done.
pub(super) enum Wanted {
    SetAddress(MacAddress),
    Send(MacAddress, Vec<u8>),
    Keep(ToldByV2v),
    Record(RadioRow),
    /// A warning that began or ended.
    Show(WarningShown),
}

/// The car's V2V.
pub(super) struct Traffic {
    v2v: V2v,
    settings: V2vSettings,
    course: Course,
    last_fix: Option<Instant>,
    place: Option<Position>,
    wake_at: Option<Instant>,
    tell_due: Instant,
    /// The warnings that are given, each under its name in the log.
    warnings: Vec<Named>,
}

impl Traffic {
    /// Trusts the operator's root, and speaks under the unit's pseudonyms.
    pub(super) fn new(
        keys: &UnitKeys,
        now: Instant,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, Failure> {
        let mut verifier = Verifier::default();
        let store = &mut verifier.certificates;
        store
            .add_root(keys.root.clone())
            .and_then(|_| store.add_authority(keys.ticket_authority.clone()))
            .blame(Blame::Configuration, "certificates of V2V")?;
        let mut pseudonyms = Vec::new();
        for (key, ticket) in &keys.pseudonyms {
            let pseudonym = Pseudonym::new(ticket.clone(), key.clone());
            pseudonyms.push(pseudonym.blame(Blame::Configuration, "a pseudonym")?);
        }
        if pseudonyms.is_empty() {
            warn!("no pseudonym holds: the car is silent to other cars; enrol it for more");
        }
        let settings = V2vSettings::default();
        let mut v2v = V2v::new(settings, verifier);
        v2v.handle(now, V2vInput::Pseudonyms(pseudonyms), rng);
        Ok(Self {
            v2v,
            settings,
            course: Course::default(),
            last_fix: None,
            place: None,
            wake_at: Some(now),
            tell_due: now + TELL_EVERY,
            warnings: Vec::new(),
        })
    }

    /// When it wants to be polled.
    pub(super) const fn wake_at(&self) -> Option<Instant> {
        self.wake_at
    }

    /// Names this address in every packet: the radio takes no other.
    pub(super) fn fix_address(
        &mut self,
        now: Instant,
        address: MacAddress,
        rng: &mut dyn CryptoRng,
    ) {
        if self.settings.fixed_address == Some(address) {
            return;
        }
        warn!("the radio keeps its address: the car can be followed by it");
        self.settings.fixed_address = Some(address);
        self.v2v.handle(now, V2vInput::Settings(self.settings), rng);
    }

    /// How many charging stations announce themselves within reach.
    pub(super) fn charging_stations(&self) -> usize {
        self.v2v.map().charging_stations().len()
    }

    /// Takes the time, if it is known.
    pub(super) fn clock(&mut self, now: Instant, utc: Option<UtcTime>, rng: &mut dyn CryptoRng) {
        self.v2v.handle(now, V2vInput::Clock(utc), rng);
    }

    /// Takes what the radio heard.
    pub(super) fn heard(&mut self, packet: &Packet, rng: &mut dyn CryptoRng) {
        let heard = Heard {
            from: packet.from,
            rssi_dbm: packet.rssi_dbm,
            payload: &packet.payload,
        };
        self.v2v.handle(packet.at, V2vInput::Heard(heard), rng);
    }

    /// Takes the car as it is now.
    pub(super) fn car(&mut self, car: &CarNow, rng: &mut dyn CryptoRng) {
        let now = car.at.instant;
        self.v2v.handle(now, V2vInput::Motion(motion(car)), rng);
        let condition = Condition {
            battery: car.battery,
            // What keeps the car from driving on is not in the layout of its bus.
            fault: None,
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
    pub(super) fn poll(
        &mut self,
        now: Stamp,
        rng: &mut dyn CryptoRng,
        mut want: impl FnMut(Wanted),
    ) {
        let (now, utc) = (now.instant, now.utc);
        loop {
            match self.v2v.poll(now, rng) {
                V2vOutput::SetAddress(address) => want(Wanted::SetAddress(address)),
                V2vOutput::Send(outgoing) => want(Wanted::Send(outgoing.to, outgoing.payload)),
                V2vOutput::Event(V2vEvent::Received(heard)) => {
                    let map = self.v2v.map();
                    let neighbour = map.neighbour(heard.station);
                    let row = neighbour.and_then(|from| rows::of_neighbour(utc, &heard, from));
                    let mut stations = map.charging_stations().iter();
                    let station = matches!(heard.message, VerifiedMessage::Evcsn(_))
                        .then(|| stations.find(|it| it.station == heard.station));
                    let row = row.or(station.flatten().map(|it| rows::of_announcement(utc, it)));
                    row.into_iter().for_each(|row| want(Wanted::Record(row)));
                }
                V2vOutput::Event(V2vEvent::ChargingStation(station)) => {
                    let mut stations = self.v2v.map().charging_stations().iter();
                    let known = stations.find(|it| it.station == station);
                    let told = known.map(|it| self.told_of_station(it));
                    told.into_iter().for_each(|told| want(Wanted::Keep(told)));
                }
                V2vOutput::Event(V2vEvent::WarningRaised(warning)) => {
                    warn!(%warning, confidence = warning.confidence.get(), "V2V: warning");
                    let named = Named {
                        name: format!("{}-{:x}", shown::subject(warning.subject), now.as_micros()),
                        since: utc,
                        warning,
                    };
                    want(Wanted::Show(shown::warning(&named, None)));
                    want(Wanted::Keep(of_warning("v2v_warning", &named)));
                    self.warnings.push(named);
                }
                V2vOutput::Event(V2vEvent::WarningCleared(warning)) => {
                    let is_it = |it: &Named| {
                        (it.warning.subject, it.warning.kind) == (warning.subject, warning.kind)
                    };
                    let place = self.warnings.iter().position(is_it);
                    let named = place.map(|place| self.warnings.remove(place));
                    let named = named.unwrap_or(Named {
                        name: String::new(),
                        since: utc,
                        warning,
                    });
                    let named = Named { warning, ..named };
                    want(Wanted::Show(shown::warning(&named, Some(utc))));
                    want(Wanted::Keep(of_warning("v2v_warning_over", &named)));
                }
                V2vOutput::Event(event) => {
                    if let Some(told) = told(&event) {
                        want(Wanted::Keep(told));
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
            want(Wanted::Keep(ToldByV2v::State(self.state(now))));
        }
    }

    /// The traffic around, for those who look.
    pub(super) fn shown(&self, now: Instant) -> V2x {
        let own = self.place.map(|place| (place, self.course.now(now)));
        let (map, counters) = (self.v2v.map(), self.v2v.counters());
        shown::traffic(now, own, map, counters, &self.warnings)
    }

    /// What a charging station says of itself, when it says something new.
    fn told_of_station(&self, station: &ChargingStationInSight) -> ToldByV2v {
        let distance = self
            .place
            .map(|place| station.distance(place).get().round());
        info!(
            station = station.station.raw(),
            free = station.free(),
            "a charging station announces itself"
        );
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

    fn state(&self, now: Instant) -> State {
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
        State {
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
        at: car.at.instant,
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
        V2vEvent::NeighbourAppeared(station) => {
            info!(station = station.raw(), "V2V: a neighbour is in sight");
            plain(
                "v2v_neighbour_appeared",
                json!({ "station": station.raw() }),
            )
        }
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
            info!(?kind, "V2V: the car reports itself");
            plain("v2v_own_event", json!({ "event": format!("{kind:?}") }))
        }
        V2vEvent::OwnEventEnded(kind, _) => plain(
            "v2v_own_event_over",
            json!({ "event": format!("{kind:?}") }),
        ),
        // The new names are told to nobody who could link them to the old ones.
        V2vEvent::PseudonymChanged { .. } => plain("v2v_pseudonym_changed", json!({})),
        V2vEvent::Silent(why) => {
            info!(?why, "V2V: silent");
            plain("v2v_silent", json!({ "why": format!("{why:?}") }))
        }
        V2vEvent::Speaking => {
            info!("V2V: speaking");
            plain("v2v_speaking", json!({}))
        }
    })
}

fn of_warning(kind: &'static str, named: &Named) -> ToldByV2v {
    let warning = &named.warning;
    ToldByV2v::Event {
        kind,
        detail: json!({
            "v2v_warning": warning.to_string(),
            "v2v_warning_kind": format!("{:?}", warning.kind),
            "v2v_warning_distance_m": warning.distance.get().round(),
            "v2v_warning_confidence": warning.confidence.get(),
            "v2v_warning_station": shown::subject(warning.subject),
            "v2v_warning_id": named.name,
        }),
        is_alert: true,
    }
}
