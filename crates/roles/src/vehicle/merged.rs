//! The row that puts all of the car on one line, in the prototype's 23 columns.
//!
//! A column is filled from the quantity of its telemetry key in the mapping file, so another car
//! needs another mapping and no code. What is not fresh stays empty.

use v2x_recording::{Gear, MergedRow};
use v2x_units::{
    Amps, BatteryCurrent, Celsius, Kilometers, KilometersPerHour, StateOfCharge, Volts, WattHours,
};

use super::state::Snapshot;

/// Makes the row of one moment.
#[must_use]
pub fn row(snapshot: &Snapshot<'_>) -> MergedRow {
    let flag = |key| snapshot.by_key(key).map(|value| value != 0.0);
    MergedRow {
        at: snapshot.at.utc,
        soc: snapshot.by_key("soc").and_then(StateOfCharge::from_percent),
        current: snapshot
            .by_key("current")
            .map(|amps| BatteryCurrent::from_signed(Amps::new(amps))),
        gear: snapshot.by_key("gear").map(gear),
        motor_active: flag("motor_active"),
        accelerator: snapshot.by_key("accelerator"),
        brake: flag("brake"),
        cap_voltage: snapshot.by_key("cap_voltage").map(Volts::new),
        motor_speed: snapshot.by_key("motor_speed").map(KilometersPerHour::new),
        odometer: snapshot.by_key("odometer").map(Kilometers::new),
        range: snapshot.by_key("range").map(Kilometers::new),
        battery_voltage: snapshot.by_key("battery_voltage").map(Volts::new),
        available_energy: snapshot
            .by_key("available_energy")
            .map(WattHours::from_kilowatt_hours),
        charging_status: snapshot.by_key("charging_status").and_then(byte),
        motor_temp: snapshot.by_key("motor_temp").map(Celsius::new),
        fix: snapshot.fix.map(|(_, fix)| fix),
        is_charging: snapshot.is_charging,
    }
}

/// The direction behind VSS's number for a selected gear.
pub(super) fn gear(vss: f64) -> Gear {
    match vss {
        127.0 => Gear::Drive,
        0.0 => Gear::Neutral,
        -1.0 => Gear::Reverse,
        _ => Gear::Unknown,
    }
}

/// A whole number from 0 to 255; anything else was no byte of the bus.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range and the missing fraction are checked before the cast"
)]
fn byte(value: f64) -> Option<u8> {
    ((0.0..=255.0).contains(&value) && value.fract() == 0.0).then_some(value as u8)
}
