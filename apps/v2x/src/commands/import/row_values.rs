//! An imported row as the store keeps it: the prototype's telemetry keys, known values only.

use v2x_recording::MergedRow;
use v2x_units::{
    Celsius, GnssFix, Kilometers, KilometersPerHour, Meters, StateOfCharge, Volts, WattHours,
};
use v2x_uplink::thingsboard::{Value, Values};

/// Decimals of measured numbers: finer than any step of the Twizy's signals.
const DECIMALS: u8 = 3;
/// Decimals of coordinates: 0.1 m.
const POSITION_DECIMALS: u8 = 6;

/// The row as a JSON object.
pub(super) fn json(row: &MergedRow) -> String {
    let mut values = Values::new();
    let mut put = |key, value: Option<f64>| {
        values.put(key, value.and_then(|value| Value::number(value, DECIMALS)));
    };
    put("soc", row.soc.map(StateOfCharge::percent));
    put("current", row.current.map(|it| it.into_battery().get()));
    put("accelerator", row.accelerator);
    put("cap_voltage", row.cap_voltage.map(Volts::get));
    put("motor_speed", row.motor_speed.map(KilometersPerHour::get));
    put("odometer", row.odometer.map(Kilometers::get));
    put("range", row.range.map(Kilometers::get));
    put("battery_voltage", row.battery_voltage.map(Volts::get));
    put(
        "available_energy",
        row.available_energy.map(WattHours::kilowatt_hours),
    );
    put("motor_temp", row.motor_temp.map(Celsius::get));
    values.put("motor_active", row.motor_active.map(Value::bool));
    values.put("brake", row.brake.map(Value::bool));
    values.put("is_charging", row.is_charging.map(Value::bool));
    let text = |text: Option<String>| text.and_then(|text| Value::text(text).ok());
    values.put("gear", text(row.gear.map(|gear| gear.to_string())));
    let status = row.charging_status.map(|status| format!("0x{status:02X}"));
    values.put("charging_status", text(status));
    if let Some(fix) = &row.fix {
        put_fix(&mut values, fix);
    }
    values.into_json()
}

fn put_fix(values: &mut Values, fix: &GnssFix) {
    let number = |value: Option<f64>, decimals| value.and_then(|it| Value::number(it, decimals));
    let (latitude, longitude) = (fix.position.latitude(), fix.position.longitude());
    values.put("latitude", number(Some(latitude.get()), POSITION_DECIMALS));
    values.put(
        "longitude",
        number(Some(longitude.get()), POSITION_DECIMALS),
    );
    values.put("altitude", number(fix.altitude.map(Meters::get), DECIMALS));
    let speed = fix.speed.map(KilometersPerHour::get);
    values.put("gps_speed", number(speed, DECIMALS));
}
