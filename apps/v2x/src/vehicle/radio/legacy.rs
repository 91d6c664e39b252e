//! Legacy mode in the daemon: our car among prototypes, where the owner has switched it on.
//!
//! Not what is said and believed ([`v2x_proto::legacy_mode`]): none of it is proven, none of it is
//! an order, and what is kept of it says so.

use std::time::Duration;

use serde_json::json;
use tracing::{info, warn};
use v2x_proto::legacy::radio::item::{Gear as LegacyGear, Item};
use v2x_proto::legacy::radio::{EvcsToVehicle, RadioMessage, VehicleItem};
use v2x_proto::legacy_mode::{
    CarNow as LegacyCarNow, LegacyCar, LegacyCarEvent, LegacyCarInput, LegacyCounters, LegacyHeard,
    Output,
};
use v2x_proto::v2g::Money;
use v2x_recording::{Gear, RadioCar, RadioContent, RadioRow, RadioStation};
use v2x_units::{
    BatteryCurrent, Degrees, Instant, KilometersPerHour, MacAddress, Meters, Position, Stamp,
    UtcTime, WattHours,
};
use v2x_web::types::{Neighbour, NeighbourKind, Position as Place};

use super::shown::age_ms;
use super::{CarNow, ToldByV2g, WantedByV2g as Wanted};

/// What has ended by a stop that a prototype's station was asked for.
pub(super) const ASKED: &str = "LegacyAsked";

/// A prototype is shown for so long after it was heard.
const SHOWN_FOR: Duration = Duration::from_secs(10);
/// Prototypes that are shown at once; senders can be made up.
const SHOWN_MAX: usize = 32;

/// Our car among prototypes.
pub(super) struct Legacy {
    /// It speaks under the radio's address, and begins anew when that changes.
    car: Option<(MacAddress, LegacyCar)>,
    capacity: Option<WattHours>,
    /// The driver has ended the charge, until the plug is out.
    is_stopped: bool,
    heard: u64,
    /// What the cars of earlier addresses have counted.
    before: LegacyCounters,
    wake_at: Option<Instant>,
    /// Who was heard last, and what each said.
    last: Vec<(MacAddress, Instant, RadioContent)>,
}

impl Legacy {
    pub(super) fn new(capacity: Option<WattHours>) -> Self {
        warn!(
            "legacy mode is on: what prototypes say is not proven, and what we tell them is open"
        );
        Self {
            car: None,
            capacity,
            is_stopped: false,
            heard: 0,
            before: LegacyCounters::default(),
            wake_at: None,
            last: Vec::new(),
        }
    }

    /// Prototypes that were heard of late, as neighbours whom nothing proves.
    pub(super) fn neighbours(&self, now: Instant, own: Option<Place>) -> Vec<Neighbour> {
        let of_late = self
            .last
            .iter()
            .filter(|(_, heard, _)| now.since(*heard) < SHOWN_FOR);
        let shown = of_late.map(|(from, heard, what)| neighbour(now, own, *from, *heard, what));
        shown.collect()
    }

    fn note(&mut self, now: Instant, row: &RadioRow) {
        self.last
            .retain(|(from, heard, _)| *from != row.sender && now.since(*heard) < SHOWN_FOR);
        if self.last.len() >= SHOWN_MAX {
            self.last.remove(0);
        }
        self.last.push((row.sender, now, row.what.clone()));
    }

    /// Whether a prototype's station says that it charges the car: it knows it by its address.
    pub(super) fn is_in_session(&self) -> bool {
        self.car
            .as_ref()
            .is_some_and(|(_, car)| car.is_in_session())
    }

    pub(super) const fn wake_at(&self) -> Option<Instant> {
        self.wake_at
    }

    /// Payloads taken for a prototype's, and what was refused.
    pub(super) fn counters(&self) -> (u64, LegacyCounters) {
        let now = self.car.as_ref().map(|(_, car)| car.counters());
        let (now, before) = (now.unwrap_or_default(), self.before);
        let counters = LegacyCounters {
            other_length: before.other_length.saturating_add(now.other_length),
            implausible: before.implausible.saturating_add(now.implausible),
            other_sender: before.other_sender.saturating_add(now.other_sender),
            over_pace: before.over_pace.saturating_add(now.over_pace),
            crowded_out: before.crowded_out.saturating_add(now.crowded_out),
            unsaid: before.unsaid.saturating_add(now.unsaid),
        };
        (self.heard, counters)
    }

    /// Asks the station that charges the car to stop, with every message until the plug is out.
    /// Whether there is one; whether it obeys is up to it.
    pub(super) fn stop(&mut self, now: Instant) -> bool {
        self.is_stopped = true;
        if let Some((_, car)) = &mut self.car {
            car.handle(now, LegacyCarInput::Stop);
        }
        self.is_in_session()
    }

    /// Takes the most that a charge may cost. A prototype names no currency: its number is held
    /// against the limit's.
    pub(super) fn cost_limit(&mut self, now: Instant, limit: Option<Money>) {
        if let Some((_, car)) = &mut self.car {
            car.handle(now, LegacyCarInput::CostLimit(limit.as_ref().map(amount)));
        }
    }

    /// Takes the car as it is now, and the radio's own address if it is known. `plugged`: without a
    /// proven session; who speaks our protocol is not spoken to in the prototype's.
    pub(super) fn car(&mut self, now: &CarNow, address: Option<MacAddress>, plugged: bool) {
        let at = now.at.instant;
        if address.is_some() && address != self.car.as_ref().map(|(address, _)| *address) {
            self.before = self.counters().1;
            self.car = address.map(|address| {
                let mut car = LegacyCar::new(address);
                car.handle(at, LegacyCarInput::SwitchedOn(true));
                (address, car)
            });
        }
        let Some((_, car)) = &mut self.car else {
            return;
        };
        let altitude = |altitude: Option<Meters>| altitude.unwrap_or(Meters::ZERO);
        let battery = now.battery;
        car.handle(
            at,
            LegacyCarInput::Car(LegacyCarNow {
                state_of_charge: battery.state_of_charge,
                voltage: battery.voltage,
                current: battery.current,
                available_energy: battery.available_energy,
                capacity: self.capacity,
                charging_status: None,
                speed: now.speed,
                pedal_percent: now.accelerator,
                gear: now.gear.and_then(gear),
                brake: now.brake,
                place: now
                    .fix
                    .map(|(_, fix)| (fix.position, altitude(fix.altitude))),
            }),
        );
        car.handle(at, LegacyCarInput::Plugged(plugged));
        self.is_stopped &= plugged;
        if self.is_stopped {
            // Once more for a car that has begun anew under another address.
            car.handle(at, LegacyCarInput::Stop);
        }
    }

    /// Takes what is of no protocol of ours.
    pub(super) fn heard(&mut self, now: Instant, from: MacAddress, payload: &[u8]) {
        if let Some((_, car)) = &mut self.car {
            car.handle(now, LegacyCarInput::Heard(from, payload));
        }
    }

    /// Says what is to be done until nothing is left.
    pub(super) fn poll(&mut self, now: Stamp, mut want: impl FnMut(Wanted)) {
        let mut heard_now = Vec::new();
        self.drain(now, &mut heard_now, &mut want);
        heard_now.iter().for_each(|row| self.note(now.instant, row));
    }

    fn drain(&mut self, now: Stamp, heard_now: &mut Vec<RadioRow>, want: &mut impl FnMut(Wanted)) {
        let Some((_, car)) = &mut self.car else {
            return;
        };
        loop {
            match car.poll(now.instant) {
                Output::Send { to, datagram } => want(Wanted::Send(to, datagram.to_vec())),
                Output::WakeAt(when) => {
                    self.wake_at = when;
                    return;
                }
                Output::Event(LegacyCarEvent::Heard(heard)) => {
                    self.heard += 1;
                    if let Some(row) = row(now.utc, &heard) {
                        heard_now.push(row.clone());
                        want(Wanted::Record(row));
                    }
                }
                Output::Event(event) => {
                    info!(?event, "legacy mode");
                    let detail = json!({ "legacy": true, "what": format!("{event:?}") });
                    want(Wanted::Keep(ToldByV2g::Event("legacy", detail)));
                }
            }
        }
    }
}

/// An amount as a prototype's number.
fn amount(money: &Money) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a limit of 2^53 parts is none, and the prototype has 24 bits"
    )]
    let units = money.units() as f64;
    units / 10_f64.powi(money.decimals().into())
}

const fn gear(gear: Gear) -> Option<LegacyGear> {
    match gear {
        Gear::Drive => Some(LegacyGear::Drive),
        Gear::Neutral => Some(LegacyGear::Neutral),
        Gear::Reverse => Some(LegacyGear::Reverse),
        Gear::Unknown => None,
    }
}

/// A prototype as a neighbour: nothing of it is verified, and nothing believed.
fn neighbour(
    now: Instant,
    own: Option<Place>,
    from: MacAddress,
    heard: Instant,
    what: &RadioContent,
) -> Neighbour {
    let (kind, position, speed) = match what {
        RadioContent::Car(car) => (NeighbourKind::Car, car.position, car.speed),
        RadioContent::Station(station) => (NeighbourKind::Station, station.position, None),
    };
    let own = own.and_then(|own| {
        Position::new(Degrees::new(own.latitude), Degrees::new(own.longitude)).ok()
    });
    let distance = own
        .zip(position)
        .map(|(own, there)| own.distance_to(there).get());
    Neighbour {
        station_id: from.to_string(),
        kind,
        latitude: position.map(|position| position.latitude().get()),
        longitude: position.map(|position| position.longitude().get()),
        speed_kmh: speed.map(KilometersPerHour::get),
        heading: None,
        age_ms: age_ms(now, heard),
        confidence: None,
        verified: false,
        legacy: true,
        rssi_dbm: None,
        delivery_ratio: None,
        age_of_information_ms: None,
        distance_m: distance,
    }
}

/// What a prototype says as a row of the table; a car's words to a station are none.
fn row(at: UtcTime, heard: &LegacyHeard) -> Option<RadioRow> {
    let what = match &heard.message {
        RadioMessage::Item(Item::Vehicle(item)) => RadioContent::Car(car(item)),
        RadioMessage::Item(Item::Station(said)) | RadioMessage::EvcsToVehicle(said) => {
            RadioContent::Station(station(said))
        }
        RadioMessage::VehicleV2vData(said) => RadioContent::Car(RadioCar {
            speed: Some(said.speed),
            brake: Some(said.brake),
            position: said.position,
            ..RadioCar::default()
        }),
        _ => return None,
    };
    Some(RadioRow {
        at,
        sender: heard.from,
        what,
        is_verified: false,
        is_legacy: true,
    })
}

fn car(item: &VehicleItem) -> RadioCar {
    let driving = item.driving.as_ref();
    let fix = driving.and_then(|driving| driving.fix);
    RadioCar {
        soc: Some(item.state_of_charge),
        voltage: item.pack.as_ref().map(|pack| pack.voltage),
        current: item.current.map(BatteryCurrent::into_battery),
        energy: item.pack.as_ref().map(|pack| pack.available_energy),
        speed: Some(item.speed),
        gear: driving
            .and_then(|driving| driving.gear)
            .map(|gear| match gear {
                LegacyGear::Drive => Gear::Drive,
                LegacyGear::Neutral => Gear::Neutral,
                LegacyGear::Reverse => Gear::Reverse,
            }),
        brake: driving.map(|driving| driving.brake),
        position: fix.map(|fix| fix.position),
        altitude: fix.map(|fix| fix.altitude),
        is_charging: driving.map(|driving| driving.charging),
        desired_soc: driving.map(|driving| driving.desired_soc),
    }
}

fn station(said: &EvcsToVehicle) -> RadioStation {
    RadioStation {
        voltage: Some(said.voltage),
        // A constant of the prototype's, which measures no current for the air.
        current: None,
        energy: Some(said.energy),
        position: said.position,
        cost: Some(format!("{:.2}", said.cost)),
        cost_per_kwh: Some(format!("{:.2}", said.cost_per_kwh)),
        max_power: Some(said.max_power),
        session: Some(said.session_id.to_string()),
        is_available: Some(said.charging_available),
    }
}
