//! One moment of the car, as trips, charges and the battery's health are judged by it.
//!
//! Made once per second from the state, or per merged row of a recording. Values that were not
//! fresh are `None`; nothing that judges an observation knows where it came from.

use v2x_recording::{Gear, MergedRow};
use v2x_units::{
    BatteryCurrent, Celsius, GnssFix, Kilometers, KilometersPerHour, Stamp, StateOfCharge, Volts,
    WattHours,
};

use super::state::Snapshot;

/// The battery's word that it takes no more: its charge protocol asks for the end.
const STOP_REQUESTED: f64 = 18.0;
/// The power level by which the battery tells its charger that it is full.
const FINISHED: f64 = 0.0;
/// The battery's mode while a charger has agreed on charging.
const MODE_CHARGE: u8 = 0x0A;
/// Cells of the Twizy's pack in series.
const CELLS: u8 = 14;

/// What is known of the car at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The moment.
    pub at: Stamp,
    /// The car's own speed; its sign, if any, is the direction.
    pub speed: Option<KilometersPerHour>,
    /// A gear is engaged and the accelerator is pressed.
    pub is_driven: Option<bool>,
    /// The odometer.
    pub odometer: Option<Kilometers>,
    /// The good fix of this moment.
    pub fix: Option<GnssFix>,
    /// State of charge.
    pub soc: Option<StateOfCharge>,
    /// Current of the traction battery.
    pub current: Option<BatteryCurrent>,
    /// Voltage of the traction battery.
    pub pack_voltage: Option<Volts>,
    /// What the car says is left in the battery.
    pub available_energy: Option<WattHours>,
    /// The charger's debounced word that it charges; `None` when it does not speak.
    pub is_charging: Option<bool>,
    /// Mains voltage at the charger.
    pub mains_present: Option<bool>,
    /// The battery asked for the end of the charge, or says that it is full.
    pub is_full: Option<bool>,
    /// The battery is in the mode for charging, which does not mean that current flows.
    pub is_charge_mode: Option<bool>,
    /// What is known of its cells and warnings.
    pub battery: BatteryReadings,
}

/// What the battery says of its cells, temperatures and faults.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BatteryReadings {
    /// The lowest cell.
    pub cell_min: Option<Volts>,
    /// The highest cell.
    pub cell_max: Option<Volts>,
    /// All cells in series, when each of them is known.
    pub cells: Option<Volts>,
    /// The coldest cell or module.
    pub coldest: Option<Celsius>,
    /// The hottest cell or module.
    pub hottest: Option<Celsius>,
    /// State of health, 0 to 100 percent, as the battery computes it.
    pub state_of_health: Option<f64>,
    /// The battery's service code; 0 is no fault.
    pub service_code: Option<f64>,
}

impl Observation {
    /// A moment at which nothing is known.
    #[must_use]
    pub const fn unknown(at: Stamp) -> Self {
        Self {
            at,
            speed: None,
            is_driven: None,
            odometer: None,
            fix: None,
            soc: None,
            current: None,
            pack_voltage: None,
            available_energy: None,
            is_charging: None,
            mains_present: None,
            is_full: None,
            is_charge_mode: None,
            battery: BatteryReadings {
                cell_min: None,
                cell_max: None,
                cells: None,
                coldest: None,
                hottest: None,
                state_of_health: None,
                service_code: None,
            },
        }
    }

    /// Takes a merged row; `fix` is the row's own if it was judged to be good.
    #[must_use]
    pub fn of_row(at: Stamp, row: &MergedRow, fix: Option<GnssFix>) -> Self {
        let in_gear = |gear| matches!(gear, Gear::Drive | Gear::Reverse);
        let pedal = row.gear.zip(row.accelerator);
        Self {
            speed: row.motor_speed,
            is_driven: pedal.map(|(gear, pedal)| in_gear(gear) && pedal > 0.0),
            odometer: row.odometer,
            fix,
            soc: row.soc,
            current: row.current,
            pack_voltage: row.battery_voltage,
            available_energy: row.available_energy,
            is_charging: row.is_charging,
            is_charge_mode: row.charging_status.map(|mode| mode == MODE_CHARGE),
            ..Self::unknown(at)
        }
    }

    /// Takes a snapshot of the state and the merged row made of it, at the moment `at`.
    #[must_use]
    pub fn of_snapshot(at: Stamp, snapshot: &Snapshot<'_>, row: &MergedRow) -> Self {
        let flag = |key| snapshot.by_key(key).map(|value| value != 0.0);
        let protocol = snapshot.by_key("charge_protocol");
        let level = snapshot.by_key("charge_power_level");
        let is_full = |protocol: Option<f64>, level: Option<f64>| {
            protocol == Some(STOP_REQUESTED) || level == Some(FINISHED)
        };
        Self {
            mains_present: flag("mains_present"),
            is_full: protocol.or(level).map(|_| is_full(protocol, level)),
            battery: BatteryReadings::of_snapshot(snapshot),
            ..Self::of_row(at, row, row.fix)
        }
    }
}

impl BatteryReadings {
    fn of_snapshot(snapshot: &Snapshot<'_>) -> Self {
        let volts = |key: &str| snapshot.by_key(key).map(Volts::new);
        let celsius = |key: &str| snapshot.by_key(key).map(Celsius::new);
        let cells = (1..=CELLS).map(|cell| volts(&format!("cell_voltage_{cell}")));
        Self {
            cell_min: volts("cell_voltage_min"),
            cell_max: volts("cell_voltage_max"),
            cells: cells.reduce(|sum, cell| Some(sum? + cell?)).flatten(),
            coldest: celsius("cell_temp_min"),
            hottest: celsius("cell_temp_max"),
            state_of_health: snapshot.by_key("state_of_health"),
            service_code: snapshot.by_key("service_code"),
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use v2x_units::{Instant, UtcTime};

    #[test]
    fn pedal_without_a_gear_drives_nothing() {
        let at = Stamp {
            instant: Instant::BOOT + Duration::from_secs(1),
            utc: UtcTime::from_millis(1000),
        };
        let row = |gear, accelerator| MergedRow {
            gear,
            accelerator,
            ..MergedRow::unknown(at.utc)
        };
        let driven = |row: MergedRow| Observation::of_row(at, &row, None).is_driven;
        assert_eq!(driven(row(Some(Gear::Drive), Some(18.0))), Some(true));
        assert_eq!(driven(row(Some(Gear::Neutral), Some(18.0))), Some(false));
        assert_eq!(driven(row(Some(Gear::Reverse), Some(0.0))), Some(false));
        assert_eq!(driven(row(None, Some(18.0))), None);
    }
}
