//! Legacy mode against the prototype: a charge either way round, and none of its faults.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod car;
mod prototype;
mod station;

use v2x_proto::legacy_mode::{
    LegacyCar, LegacyCarEvent, LegacyStation, LegacyStationEvent, Output, SlotNow,
};
use v2x_units::{Amps, Degrees, Instant, MacAddress, Position, Volts, WattHours, Watts};

use prototype::Frame;

pub(crate) const OURS: MacAddress = MacAddress::new([0x02, 0, 0, 0, 0, 0x01]);

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

pub(crate) fn at(seconds: u64) -> Instant {
    Instant::from_micros(seconds * 1_000_000)
}

pub(crate) fn place(latitude: f64, longitude: f64) -> Position {
    Position::new(Degrees::new(latitude), Degrees::new(longitude)).unwrap()
}

/// Everything that the car's end wants sent and tells, and when it wants to be woken.
pub(crate) fn drain_car(car: &mut LegacyCar, now: Instant) -> (Vec<Frame>, Vec<LegacyCarEvent>) {
    let (mut frames, mut events) = (Vec::new(), Vec::new());
    loop {
        match car.poll(now) {
            Output::Send { to, datagram } => frames.push((to, datagram.to_vec())),
            Output::Event(event) => events.push(event),
            Output::WakeAt(when) => {
                assert!(when.is_none_or(|when| when > now), "it wakes for nothing");
                return (frames, events);
            }
        }
    }
}

/// As [`drain_car`].
pub(crate) fn drain_station(
    station: &mut LegacyStation,
    now: Instant,
) -> (Vec<Frame>, Vec<LegacyStationEvent>) {
    let (mut frames, mut events) = (Vec::new(), Vec::new());
    loop {
        match station.poll(now) {
            Output::Send { to, datagram } => frames.push((to, datagram.to_vec())),
            Output::Event(event) => events.push(event),
            Output::WakeAt(when) => {
                assert!(when.is_none_or(|when| when > now), "it wakes for nothing");
                return (frames, events);
            }
        }
    }
}

/// A slot with a vehicle in it that nobody has proven, and power on.
pub(crate) fn slot(energy: f64) -> SlotNow {
    SlotNow {
        occupied: true,
        proven: false,
        charging: true,
        session_id: 7,
        position: Some(place(10.25, -20.5)),
        voltage: Some(Volts::new(225.5)),
        max_current: Amps::new(13.0),
        max_power: Watts::new(3_000.0),
        cost_per_kwh: Some(1.5),
        energy: Some(WattHours::new(energy)),
        cost: Some(energy * 1.5 / 1_000.0),
    }
}
