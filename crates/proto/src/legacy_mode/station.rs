//! Our station and prototype cars: tells everybody what the slot does, and listens.
//!
//! Not the slot itself: what charges, counts and costs is handed in, and nothing here changes it.

use heapless::Vec;
use v2x_units::{Amps, Instant, MacAddress, Meters, Position, Volts, WattHours, Watts};

use super::hearing::{Hearing, LegacyCounters, LegacyHeard};
use super::{datagram, uptime_ms};
use crate::deadlines::{LEGACY_PERIOD, LEGACY_SILENCE};
use crate::legacy::radio::{
    EvcsLayout, EvcsToVehicle, RadioBytes, RadioError, RadioMessage, VehicleLayout, VehicleToEvcs,
};
use crate::limits::LEGACY_CARS_MAX;
use crate::v2g::Output;
use crate::v2g::events::Events;

/// What the slot is and does now.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SlotNow {
    /// Whether a vehicle is there: its plug, or current where the slot's policy lets it flow.
    pub occupied: bool,
    /// Whether a proven car has the slot's session; then prototypes are not spoken to.
    pub proven: bool,
    /// Whether power may flow, so that a session runs.
    pub charging: bool,
    /// The number of the slot's session in the station's books, 0 for none.
    pub session_id: u32,
    /// Where the slot is.
    pub position: Option<Position>,
    /// Voltage of the mains. Without it prototypes hear nothing.
    pub voltage: Option<Volts>,
    /// The strongest current that the slot gives.
    pub max_current: Amps,
    /// The highest power that the slot gives.
    pub max_power: Watts,
    /// The price of a kilowatt hour, in the station's currency. Without it prototypes hear nothing.
    pub cost_per_kwh: Option<f64>,
    /// What the session has got. Without it prototypes hear nothing while power flows.
    pub energy: Option<WattHours>,
    /// What the session costs. Without it prototypes hear nothing while power flows.
    pub cost: Option<f64>,
}

/// What can happen to our station among prototype cars.
#[derive(Debug, Clone, Copy)]
pub enum LegacyStationInput<'a> {
    /// Legacy mode is switched on or off; it begins off.
    SwitchedOn(bool),
    /// What the slot is and does.
    Slot(SlotNow),
    /// The radio heard these bytes from this sender, and they are of no protocol of ours.
    Heard(MacAddress, &'a [u8]),
}

/// What our station among prototype cars tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LegacyStationEvent {
    /// Legacy mode is now on or off: show it.
    SwitchedOn(bool),
    /// Somebody who may be a prototype says this.
    Heard(LegacyHeard),
    /// Somebody says to be a car that wants charging to end, and names the slot's session. Anybody
    /// could: it is for the operator to see, and moves no relay.
    StopWanted(MacAddress),
}

/// A car that was heard lately.
#[derive(Debug, Clone, Copy)]
struct HeardCar {
    mac: MacAddress,
    said: VehicleToEvcs,
    at: Instant,
}

/// Our station among prototype cars.
#[derive(Debug)]
pub struct LegacyStation {
    mac: MacAddress,
    on: bool,
    slot: SlotNow,
    cars: Vec<HeardCar, LEGACY_CARS_MAX>,
    due: Instant,
    sending: heapless::Deque<RadioBytes, 2>,
    hearing: Hearing,
    events: Events<LegacyStationEvent>,
}

impl LegacyStation {
    /// Begins switched off and free; the address is that of the slot's radio.
    #[must_use]
    pub fn new(mac: MacAddress) -> Self {
        Self {
            mac,
            on: false,
            slot: SlotNow::default(),
            cars: Vec::new(),
            due: Instant::BOOT,
            sending: heapless::Deque::new(),
            hearing: Hearing::new(),
            events: Events::new(),
        }
    }

    /// Whether legacy mode is on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// What was not taken or not said, by reason.
    #[must_use]
    pub const fn counters(&self) -> LegacyCounters {
        self.hearing.counters
    }

    /// Why the last refused payload was refused, in words for a person.
    #[must_use]
    pub const fn last_error(&self) -> Option<RadioError> {
        self.hearing.last_error()
    }

    /// Events that were dropped because nobody took them.
    #[must_use]
    pub const fn events_dropped(&self) -> u32 {
        self.events.dropped()
    }

    /// What the cars heard within the last 15 s say, the newest word of each.
    pub fn cars(&self) -> impl Iterator<Item = &VehicleToEvcs> {
        self.cars.iter().map(|car| &car.said)
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Instant, input: LegacyStationInput<'_>) {
        match input {
            LegacyStationInput::SwitchedOn(on) if on != self.on => {
                self.on = on;
                self.cars.clear();
                self.sending.clear();
                self.events.push(LegacyStationEvent::SwitchedOn(on));
            }
            LegacyStationInput::SwitchedOn(_) => {}
            LegacyStationInput::Slot(slot) => {
                let begins = slot.occupied && !self.slot.occupied;
                self.slot = slot;
                if begins {
                    self.due = now;
                }
            }
            LegacyStationInput::Heard(from, bytes) if self.on => self.heard(now, from, bytes),
            LegacyStationInput::Heard(..) => {}
        }
    }

    /// Says what is to be done now.
    pub fn poll(&mut self, now: Instant) -> Output<LegacyStationEvent> {
        self.cars.retain(|car| now.since(car.at) < LEGACY_SILENCE);
        if self.speaks() && now >= self.due {
            self.due = now + LEGACY_PERIOD;
            self.speak(now);
        }
        if let Some(event) = self.events.pop() {
            return Output::Event(event);
        }
        match self.sending.pop_front() {
            Some(bytes) => Output::Send {
                to: MacAddress::BROADCAST,
                datagram: datagram(&bytes),
            },
            None => Output::WakeAt(self.speaks().then_some(self.due)),
        }
    }

    /// Whether there is somebody to speak to in the prototype's way.
    const fn speaks(&self) -> bool {
        self.on && self.slot.occupied && !self.slot.proven
    }

    fn heard(&mut self, now: Instant, from: MacAddress, bytes: &[u8]) {
        let Some(heard) = self.hearing.take(now, from, bytes) else {
            return;
        };
        self.events.push(LegacyStationEvent::Heard(heard));
        if let RadioMessage::VehicleToEvcs(said) = heard.message {
            self.take_car(now, from, said);
        }
    }

    fn take_car(&mut self, now: Instant, mac: MacAddress, said: VehicleToEvcs) {
        let car = HeardCar { mac, said, at: now };
        let known = self.cars.iter_mut().find(|known| known.mac == mac);
        let wanted_stop = known
            .as_ref()
            .is_some_and(|car| self.slot.is_stopped_by(&car.said));
        match known {
            Some(known) => *known = car,
            None => {
                if self.cars.is_full() {
                    let cars = self.cars.iter().enumerate();
                    if let Some((longest_silent, _)) = cars.min_by_key(|(_, car)| car.at) {
                        self.cars.swap_remove(longest_silent);
                        self.hearing.count_crowded_out();
                    }
                }
                self.cars
                    .push(car)
                    .unwrap_or_else(|_| unreachable!("room was just made"));
            }
        }
        if self.slot.is_stopped_by(&said) && !wanted_stop {
            self.events.push(LegacyStationEvent::StopWanted(mac));
        }
    }

    /// Tells everybody, in the newest layout, and in the oldest if a car was heard that knows no
    /// other.
    fn speak(&mut self, now: Instant) {
        let Some(said) = self.slot.said(self.mac, now) else {
            return self.hearing.count_unsaid();
        };
        let has_old = self
            .cars
            .iter()
            .any(|car| car.said.layout != VehicleLayout::V2);
        let old = has_old.then_some(EvcsLayout::V1);
        for layout in [EvcsLayout::V2].into_iter().chain(old) {
            match (EvcsToVehicle { layout, ..said }).emit() {
                // What was not taken out in five seconds is old, and makes room.
                Ok(bytes) => {
                    if self.sending.is_full() {
                        self.sending.pop_front();
                        self.hearing.count_unsaid();
                    }
                    self.sending
                        .push_back(bytes)
                        .unwrap_or_else(|_| unreachable!("room was just made"));
                }
                Err(_) => self.hearing.count_unsaid(),
            }
        }
    }
}

impl SlotNow {
    /// Whether these are the words of a car that wants this slot's session to end.
    const fn is_stopped_by(&self, said: &VehicleToEvcs) -> bool {
        said.stop_charging && self.occupied && said.session_id == self.session_id
    }

    /// The slot in the prototype's words; `None` when a number is missing that it cannot leave out.
    fn said(&self, mac: MacAddress, now: Instant) -> Option<EvcsToVehicle> {
        let nothing_yet = (!self.charging).then_some(WattHours::ZERO);
        Some(EvcsToVehicle {
            layout: EvcsLayout::V2,
            mac,
            position: self.position,
            altitude: Meters::ZERO,
            voltage: self.voltage?,
            max_current: self.max_current,
            max_power: self.max_power,
            cost_per_kwh: self.cost_per_kwh?,
            energy: self.energy.or(nothing_yet)?,
            cost: self.cost.or(nothing_yet.map(|_| 0.0))?,
            charging_available: !self.charging,
            session_id: self.session_id,
            uptime_ms: uptime_ms(now),
        })
    }
}
