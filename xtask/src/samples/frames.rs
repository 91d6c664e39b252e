//! The frames of the invented car: which is due when, and what its bytes are.
//!
//! Layouts and fillers follow `interfaces/dbc/renault_twizy.dbc`, written by hand. A bus sends
//! about 490 frames each second, which would be 1.3 MB a minute: as a slow collector does, this
//! recording passes every fifth of the fast messages and every second of those of 100 ms.
//! The VIN's message (0x69F) is left out: there is no car to identify.

use super::sequence::{Moment, Unit};

/// A frame and when it comes after the start of its millisecond.
pub(super) struct Frame {
    pub(super) micros: u16,
    pub(super) id: u16,
    pub(super) data: Vec<u8>,
}

/// One message of the car: its cycle in this recording and what it carries at a moment.
struct Message {
    id: u16,
    unit: Unit,
    cycle_millis: u32,
    data: fn(&Moment<'_>) -> Vec<u8>,
}

const fn message(
    id: u16,
    unit: Unit,
    cycle_millis: u32,
    data: fn(&Moment<'_>) -> Vec<u8>,
) -> Message {
    Message {
        id,
        unit,
        cycle_millis,
        data,
    }
}

/// Cycles here of the bus's 10 ms, 20 ms and 100 ms.
const FAST: u32 = 50;
const SYNC: u32 = 100;
const SLOW: u32 = 200;

const MESSAGES: &[Message] = &[
    message(0x080, Unit::Controller, SYNC, |_| vec![]),
    message(0x155, Unit::Bms, FAST, battery_power),
    message(0x196, Unit::Controller, FAST, motor),
    message(0x19F, Unit::Controller, FAST, motor_speed),
    message(0x423, Unit::Charger, SLOW, bms_command),
    message(0x424, Unit::Bms, SLOW, limits),
    message(0x425, Unit::Bms, SLOW, bms_state),
    message(0x426, Unit::Charger, SLOW, charger_vehicle),
    message(0x436, Unit::Display, SLOW, clock),
    message(0x554, Unit::Bms, 1_000, module_temperatures),
    message(0x556, Unit::Bms, SLOW, |moment| cells(moment, 1, 0xA)),
    message(0x557, Unit::Bms, 1_000, |moment| cells(moment, 6, 0x0)),
    message(0x55E, Unit::Bms, 1_000, last_cells),
    message(0x55F, Unit::Bms, 1_000, pack_voltage),
    message(0x597, Unit::Charger, SLOW, charger_status),
    message(0x599, Unit::Display, SLOW, display),
    message(0x59B, Unit::ControllerStatus, SLOW, drive),
    message(0x59E, Unit::ControllerStatus, SLOW, distance),
    message(0x5D7, Unit::Display, SLOW, odometer),
    message(0x627, Unit::Charger, SLOW, |_| vec![0; 3]),
    message(0x628, Unit::Bms, SLOW, |_| vec![0; 3]),
    message(0x629, Unit::ControllerStatus, SLOW, |_| vec![0; 3]),
    message(0x659, Unit::Bms, 3_000, |_| vec![0xFF; 4]),
    message(0x701, Unit::Controller, 500, |_| vec![0x05]),
];

/// The frames of this millisecond, in the order of the bus: the lower identifier first.
pub(super) fn due(moment: &Moment<'_>) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut micros = 0;
    for (message, place) in MESSAGES.iter().zip(0_u32..) {
        let (first, last) = message.unit.talks();
        // Each message begins a little later than the one before, so that they do not collide.
        let begins = first + place % message.cycle_millis.min(20);
        let talks = moment.millis >= begins && moment.millis < last;
        if talks && (moment.millis - begins).is_multiple_of(message.cycle_millis) {
            frames.push(Frame {
                micros,
                id: message.id,
                data: (message.data)(moment),
            });
            micros += 240; // A frame of eight bytes at 500 kbit/s.
        }
    }
    frames
}

/// The whole number nearest to a value, between 0 and the largest that fits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value lies between 0 and a u32 after clamping"
)]
fn raw(value: f64, largest: u32) -> u32 {
    value.round().clamp(0.0, f64::from(largest)) as u32
}

/// The same for one byte.
fn byte(value: f64) -> u8 {
    u8::try_from(raw(value, 0xFF)).unwrap_or(u8::MAX)
}

/// The odometer at the start of the recording, in steps of 0.01 km.
const ODOMETER_10_M: f64 = 482_130.0;

/// The odometer in steps of 0.01 km; it counts what is completely driven.
fn odometer_10_m(moment: &Moment<'_>) -> u32 {
    raw(
        (ODOMETER_10_M + moment.car.driven_m / 10.0).floor(),
        (1 << 28) - 1,
    )
}

fn battery_power(moment: &Moment<'_>) -> Vec<u8> {
    let car = moment.car;
    let coarse = byte((car.pack_v / 0.5).floor());
    let pilot = moment.pilot_handshake() << 4;
    if !moment.bms_is_valid() {
        return vec![0xFF, pilot | 0x7, 0xD0, 0x94, 0x00, 0x08, 0x00, coarse];
    }
    let [_, _, current_high, current_low] = raw(2000.0 + car.current_a / 0.25, 0xEFF).to_be_bytes();
    // The state of charge moves in steps of eight counts, 0.02 %.
    let [_, _, soc_high, soc_low] = (raw(car.soc_percent * 50.0, 5_000) * 8).to_be_bytes();
    vec![
        0x07,
        pilot | current_high,
        current_low,
        0x54,
        soc_high,
        soc_low,
        0x00,
        coarse,
    ]
}

fn motor(moment: &Moment<'_>) -> Vec<u8> {
    // Nine bits: byte 3 and the highest bit of byte 4.
    let demand = raw(254.0 + moment.car.motor_nm, 0x1FF) << 7;
    let [_, _, high, low] = demand.to_be_bytes();
    let temperature = byte(moment.car.motor_degc + 40.0);
    vec![0x00, 0xFF, 0xE7, high, low | 0x70, temperature, 0x0B, 0x00]
}

fn motor_speed(moment: &Moment<'_>) -> Vec<u8> {
    let [_, _, high, low] = (raw(2000.0 + moment.car.motor_10_rpm(), 0xFFF) << 4).to_be_bytes();
    let ready = if moment.millis < 1_750 { 0x00 } else { 0x40 };
    vec![0xFF, 0xFF, high, low | 0xF, 0x38, 0xFF, ready, 0xFE]
}

fn bms_command(moment: &Moment<'_>) -> Vec<u8> {
    let on = moment.bms_is_commanded_on();
    let (command, set_point) = if on { (0x03, 0x2C) } else { (0x00, 0x00) };
    vec![command, set_point, 0xFF, 0xFF, 0x00, 0xE0, 0x00, 0xE3]
}

fn limits(moment: &Moment<'_>) -> Vec<u8> {
    if moment.bms_starts() {
        return vec![0x00, 0xFF, 0xFF, 0xFF, 0x7F, 0x7F, 0x00, 0x7F];
    }
    // 4.5 kW recuperation, 18 kW drive, cells from 24 to 26 °C, health 98 %.
    vec![0x11, 0x40, 9, 36, 24 + 40, 98, 0x00, 26 + 40]
}

fn bms_state(moment: &Moment<'_>) -> Vec<u8> {
    if moment.bms_starts() {
        return vec![0x1D, 0xFF, 0x4C, 0xFF, 0xFF, 0xFE, 0x01, 0xFF];
    }
    let energy = byte((moment.car.soc_percent * 0.059 * 10.0).floor());
    let steps = |volts: f64| raw((volts - 1.0) / 0.01, 0x1FE);
    let volts = (1..=14).map(|cell| cell_voltage(moment, cell));
    let highest = volts.clone().fold(f64::MIN, f64::max);
    let lowest = volts.fold(f64::MAX, f64::min);
    let [_, _, high_0, high_1] = (0xFC00 | steps(highest) << 1).to_be_bytes();
    let [_, _, low_0, low_1] = steps(lowest).to_be_bytes();
    vec![
        moment.bms_mode(),
        energy,
        0x44,
        0xFF,
        high_0,
        high_1,
        low_0,
        low_1,
    ]
}

fn charger_vehicle(moment: &Moment<'_>) -> Vec<u8> {
    let drives = moment.bms_mode() == 0x2A;
    let flags = if drives { 0x78 } else { 0x18 };
    let link = if moment.bms_is_valid() { 1 } else { 2 };
    // The first frame after waking up has no odometer yet.
    let km = if moment.millis < 100 {
        0
    } else {
        odometer_10_m(moment) / 100
    };
    let [_, km_2, km_1, km_0] = km.to_be_bytes();
    vec![0x00, flags, link, km_2, km_1, km_0, 0x00]
}

fn clock(moment: &Moment<'_>) -> Vec<u8> {
    let [a, b, c, d] = (1_234 + moment.millis / 60_000).to_be_bytes();
    vec![a, b, c, d, 0x00, 0x00]
}

fn module_temperatures(moment: &Moment<'_>) -> Vec<u8> {
    if moment.bms_starts() {
        return vec![0x00; 8];
    }
    [24, 25, 25, 26, 25, 25, 24]
        .into_iter()
        .map(|degc| degc + 40)
        .chain([0x00])
        .collect()
}

/// The voltage of a cell, counted from 1: no two cells are quite alike.
fn cell_voltage(moment: &Moment<'_>, cell: u16) -> f64 {
    moment.car.pack_v / 14.0 + 0.005 * (f64::from(cell % 3) - 1.0)
}

/// Five cells of twelve bits from that one on, then a filler of four bits.
fn cells(moment: &Moment<'_>, first: u16, filler: u64) -> Vec<u8> {
    if moment.bms_starts() {
        return vec![0xFF; 8];
    }
    let five = (first..first + 5).fold(0_u64, |bits, cell| {
        bits << 12 | u64::from(raw(cell_voltage(moment, cell) / 0.005, 0xFFE))
    });
    (five << 4 | filler).to_be_bytes().to_vec()
}

/// Four cells, and the odometer in steps of 10 km.
fn last_cells(moment: &Moment<'_>) -> Vec<u8> {
    if moment.bms_starts() {
        return vec![0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00];
    }
    let mut data = cells(moment, 11, 0x0);
    data.truncate(6);
    let [_, _, high, low] = (odometer_10_m(moment) / 1_000).to_be_bytes();
    data.extend([high, low]);
    data
}

fn pack_voltage(moment: &Moment<'_>) -> Vec<u8> {
    if moment.bms_starts() {
        return vec![0xFF, 0xFF, 0x73, 0x00, 0x00, 0xFF, 0xFF, 0xFF];
    }
    let volts = raw(moment.car.pack_v / 0.1, 0xFFE);
    let [_, both_0, both_1, both_2] = (volts << 12 | volts).to_be_bytes();
    vec![0x01, 0x30, 0x73, 0x00, 0x00, both_0, both_1, both_2]
}

fn charger_status(moment: &Moment<'_>) -> Vec<u8> {
    let (flags, modes) = moment.charger_status();
    let dc_dc = if flags == 0x95 { 4 } else { 0 };
    // The charger's temperature is missing in the first frame.
    let temperature = if moment.millis < 100 { 0x00 } else { 30 + 40 };
    vec![0x00, flags, dc_dc, modes, 0x29, 0x00, 0x01, temperature]
}

fn display(moment: &Moment<'_>) -> Vec<u8> {
    let [km_3, km_2, km_1, km_0] = (odometer_10_m(moment) / 100).to_be_bytes();
    let range = if moment.millis < 450 {
        0xFF
    } else {
        byte((moment.car.soc_percent * 0.55).floor())
    };
    let [_, _, speed_high, speed_low] = speed_counts(moment).to_be_bytes();
    vec![km_3, km_2, km_1, km_0, 0xFF, range, speed_high, speed_low]
}

fn odometer(moment: &Moment<'_>) -> Vec<u8> {
    let [_, _, speed_high, speed_low] = speed_counts(moment).to_be_bytes();
    let [km_3, km_2, km_1, km_0] = (odometer_10_m(moment) << 4).to_be_bytes();
    vec![speed_high, speed_low, km_3, km_2, km_1, km_0, 0x00]
}

/// The display's speed in steps of 0.01 km/h: the motor's, rounded down.
fn speed_counts(moment: &Moment<'_>) -> u32 {
    raw(moment.car.motor_10_rpm(), 0x7FF) * 111 / 10
}

fn drive(moment: &Moment<'_>) -> Vec<u8> {
    let car = moment.car;
    let gear = if moment.is_in_drive() { 0x80 } else { 0x20 };
    let (ready, state) = if moment.is_ready_to_drive() {
        (0x0C, 0x4)
    } else {
        (0x00, 0x0)
    };
    let (brake, brake_mirror) = if car.brakes {
        (0x01, 0x60)
    } else {
        (0x00, 0x40)
    };
    let torque = byte(100.0 + car.motor_nm);
    let accelerator = byte(car.accelerator_percent / 100.0 * 253.0);
    // Without the contactor the capacitor keeps about ten volts.
    let capacitor = if state == 0x4 {
        byte(car.pack_v / 0.5)
    } else {
        20
    };
    vec![
        gear,
        ready | brake,
        torque,
        accelerator,
        brake_mirror | state,
        capacitor,
        0x00,
        0x90,
    ]
}

fn distance(moment: &Moment<'_>) -> Vec<u8> {
    let counts = raw(20_000.0 + moment.car.driven_m * 10.0, u32::MAX) & 0xFFFF;
    let [_, _, high, low] = counts.to_be_bytes();
    let temperature = byte(moment.car.motor_degc - 3.0 + 40.0);
    vec![high, low, 0x12, 0x34, 0x56, temperature, 0x00, 0x00]
}
