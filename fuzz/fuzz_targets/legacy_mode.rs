//! Legacy mode among strangers: any frames at any times give no panic, no more than a message per
//! two seconds to everybody and per five to a station, and wake-ups only in the future.
//!
//! Input: steps of a byte that says what happens, and what it needs.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use v2x_proto::legacy_mode::{
    CarNow, LegacyCar, LegacyCarInput, LegacyStation, LegacyStationInput, Output, SlotNow,
};
use v2x_units::{Instant, KilometersPerHour, MacAddress, StateOfCharge, Volts, WattHours};

const OURS: MacAddress = MacAddress::new([2, 0, 0, 0, 0, 1]);

/// Takes so many bytes, or what there is.
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(count.min(input.len()));
    *input = rest;
    taken
}

fn known(argument: u8) -> CarNow {
    CarNow {
        state_of_charge: StateOfCharge::from_percent(f64::from(argument) / 2.0),
        speed: Some(KilometersPerHour::new(f64::from(argument))),
        ..CarNow::default()
    }
}

fn slot(argument: u8) -> SlotNow {
    SlotNow {
        occupied: argument & 1 == 1,
        proven: argument & 2 == 2,
        charging: argument & 4 == 4,
        session_id: 7,
        voltage: Some(Volts::new(f64::from(argument) * 4.0)),
        cost_per_kwh: Some(1.5),
        energy: Some(WattHours::new(1.0)),
        cost: Some(f64::from(argument)),
        ..SlotNow::default()
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = input;
    let mut now = Instant::BOOT;
    let (mut car, mut station) = (LegacyCar::new(OURS), LegacyStation::new(OURS));
    let (mut sent, mut inputs) = (0_u64, 0_u64);
    while let Some(&step) = take(&mut input, 1).first() {
        let argument = take(&mut input, 1).first().copied().unwrap_or_default();
        match step % 8 {
            0 => {
                let frame = take(&mut input, usize::from(argument));
                let from = frame.first_chunk().map_or([2; 6], |from| *from);
                car.handle(now, LegacyCarInput::Heard(MacAddress::new(from), frame));
                let heard = LegacyStationInput::Heard(MacAddress::new(from), frame);
                station.handle(now, heard);
            }
            1 => {
                let on = argument != 0;
                car.handle(now, LegacyCarInput::SwitchedOn(on));
                station.handle(now, LegacyStationInput::SwitchedOn(on));
                inputs += 2;
            }
            2 => car.handle(now, LegacyCarInput::Car(known(argument))),
            3 => {
                car.handle(now, LegacyCarInput::Plugged(argument != 0));
                inputs += 1;
            }
            4 => car.handle(now, LegacyCarInput::CostLimit(Some(f64::from(argument)))),
            5 => {
                car.handle(now, LegacyCarInput::Stop);
                inputs += 1;
            }
            6 => {
                station.handle(now, LegacyStationInput::Slot(slot(argument)));
                inputs += 2;
            }
            _ => now = now + Duration::from_millis(u64::from(argument) * 50),
        }
        loop {
            match car.poll(now) {
                Output::Send { datagram, .. } => sent += u64::from(datagram.len() <= 88),
                Output::Event(_) => {}
                Output::WakeAt(when) => break assert!(when.is_none_or(|when| when > now)),
            }
        }
        loop {
            match station.poll(now) {
                Output::Send { datagram, .. } => sent += u64::from(datagram.len() <= 88),
                Output::Event(_) => {}
                Output::WakeAt(when) => break assert!(when.is_none_or(|when| when > now)),
            }
        }
    }
    // Strangers make nobody talk, but for one word at once to each station that is followed anew,
    // and one when its price is too high: those come at the pace at which messages are heard.
    let seconds = now.since(Instant::BOOT).as_secs();
    assert!(
        sent <= 8 + 2 * inputs + 24 * (seconds + 1),
        "{sent} in {seconds} s"
    );
});
