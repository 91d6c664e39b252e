//! The car as the radio needs it, ten times a second.

use v2x_proto::v2g::BatteryReport;
use v2x_recording::Gear;
use v2x_units::{
    Amps, BatteryCurrent, GnssFix, Instant, KilometersPerHour, Meters, Stamp, StateOfCharge, Volts,
    WattHours,
};

use crate::vehicle::{Mode, VehicleState, merged};

/// VSS: a breakdown that stops the car on the road.
const BROKEN_DOWN: &str = "Vehicle.IsBrokenDown";
/// Standing: below what a speedometer shows.
const STANDING_KMH: f64 = 0.5;

/// What is known of the car at one moment; what is not is `None`.
#[derive(Debug, Clone)]
pub struct CarNow {
    /// When this was.
    pub at: Stamp,
    /// As the motor turns; backwards negative.
    pub speed: Option<KilometersPerHour>,
    /// When that was measured: before [`Self::at`].
    pub speed_at: Option<Instant>,
    /// The gear lever.
    pub gear: Option<Gear>,
    /// Whether the brake pedal is pressed.
    pub brake: Option<bool>,
    /// The accelerator pedal, 0 to 100 %.
    pub accelerator: Option<f64>,
    /// The current good fix, and when it came.
    pub fix: Option<(Instant, GnssFix)>,
    /// How far the sea lies above the ellipsoid at the fix, if the receiver says so.
    pub geoid_separation: Option<Meters>,
    /// What the car is in.
    pub mode: Option<Mode>,
    /// Mains voltage at the charger.
    pub mains: Option<bool>,
    /// Whether a fault tells the driver to stop.
    pub broken_down: Option<bool>,
    /// The battery, as the bus tells it.
    pub battery: BatteryReport,
}

impl CarNow {
    /// The car at this moment.
    #[must_use]
    pub fn of(state: &VehicleState, at: Stamp) -> Self {
        let value = |key| state.by_key(key, at.instant);
        let flag = |key| value(key).map(|value| value != 0.0);
        let speed = state.dated_by_key("motor_speed", at.instant);
        Self {
            at,
            speed: speed.map(|(_, speed)| KilometersPerHour::new(speed)),
            speed_at: speed.map(|(measured, _)| measured),
            gear: value("gear").map(merged::gear),
            brake: flag("brake"),
            accelerator: value("accelerator"),
            fix: (state.current_fix(at.instant)).map(|(stamp, fix)| (stamp.instant, fix)),
            geoid_separation: None,
            mode: state.mode(at.instant),
            mains: flag("mains_present"),
            broken_down: (state.by_path(BROKEN_DOWN, at.instant)).map(|value| value != 0.0),
            battery: BatteryReport {
                state_of_charge: value("soc").and_then(StateOfCharge::from_percent),
                voltage: value("battery_voltage").map(Volts::new),
                current: value("current").map(|amps| BatteryCurrent::from_signed(Amps::new(amps))),
                available_energy: value("available_energy").map(WattHours::from_kilowatt_hours),
                desired_state_of_charge: None,
                charging: state.is_charging(at.instant),
            },
        }
    }

    /// A car of which nothing is known, for tests.
    #[cfg(test)]
    pub(super) fn nothing_known(now: Instant) -> Self {
        Self {
            at: Stamp {
                instant: now,
                utc: v2x_units::UtcTime::from_millis(1_700_000_000_000),
            },
            speed: None,
            speed_at: None,
            gear: None,
            brake: None,
            accelerator: None,
            fix: None,
            geoid_separation: None,
            mode: None,
            mains: None,
            broken_down: None,
            battery: BatteryReport::default(),
        }
    }

    /// Whether the car stands and nobody drives it.
    #[must_use]
    pub fn is_parked(&self) -> bool {
        let stands = self
            .speed
            .is_none_or(|speed| speed.get().abs() < STANDING_KMH);
        stands && self.mode != Some(Mode::Drive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};
    use v2x_units::{CanFrame, CanId, UtcTime};

    #[test]
    fn radio_takes_the_car_for_what_its_row_says() {
        let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap();
        let mapping =
            VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, &decoder).unwrap();
        let mut state = VehicleState::new(decoder, mapping);
        let at = Stamp {
            instant: Instant::from_micros(1_000_000),
            utc: UtcTime::from_millis(1_700_000_000_000),
        };
        assert_eq!(CarNow::of(&state, at).speed, None);
        // Test vectors of the Twizy fact table: charging at 32.25 A, and the display.
        for (id, data) in [
            (0x155, &[0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70][..]),
            (0x5D7, &[0x01, 0xD2, 0x00, 0x55, 0x9C, 0x80, 0x00][..]),
        ] {
            let frame = CanFrame::new(CanId::standard(id).unwrap(), data).unwrap();
            state.frame(at, &frame);
        }
        let row = merged::row(&state.snapshot(at.instant).unwrap());
        let now = CarNow::of(&state, at);
        assert_eq!(now.speed.unwrap().get(), 4.66);
        assert_eq!(now.battery.current.unwrap().into_battery().get(), 32.25);
        assert_eq!((now.speed, now.gear), (row.motor_speed, row.gear));
        assert_eq!((now.brake, now.accelerator), (row.brake, row.accelerator));
        let battery = now.battery;
        assert_eq!(battery.state_of_charge, row.soc);
        assert_eq!(battery.voltage, row.battery_voltage);
        assert_eq!(battery.available_energy, row.available_energy);
        assert_eq!(battery.charging, row.is_charging);
        let later = Stamp {
            instant: Instant::from_micros(60_000_000),
            ..at
        };
        assert_eq!(CarNow::of(&state, later).speed, None, "old is not known");
        let soon = Stamp {
            instant: Instant::from_micros(1_400_000),
            ..at
        };
        let soon = CarNow::of(&state, soon);
        assert_eq!((soon.speed, soon.speed_at), (now.speed, Some(at.instant)));
    }
}
