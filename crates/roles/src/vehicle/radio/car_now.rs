//! The car as the radio needs it, ten times a second.

use v2x_proto::v2g::BatteryReport;
use v2x_recording::Gear;
use v2x_units::{GnssFix, Instant, KilometersPerHour, Meters, Stamp};

use crate::vehicle::{Mode, Snapshot, VehicleState, merged};

/// Standing: below what a speedometer shows.
const STANDING_KMH: f64 = 0.5;

/// What is known of the car at one moment; what is not is `None`.
#[derive(Debug, Clone)]
pub struct CarNow {
    /// When this was.
    pub at: Stamp,
    /// As the motor turns; backwards negative.
    pub speed: Option<KilometersPerHour>,
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
    /// The battery, as the bus tells it.
    pub battery: BatteryReport,
}

impl CarNow {
    /// The car at this moment.
    #[must_use]
    pub fn of(state: &VehicleState, at: Stamp) -> Self {
        let snapshot = state.snapshot(at.instant);
        let row = snapshot.as_ref().map(merged::row);
        let row = row.as_ref();
        let flag = |key| {
            let by_key = |snapshot: &Snapshot<'_>| snapshot.by_key(key);
            snapshot.as_ref().and_then(by_key).map(|value| value != 0.0)
        };
        Self {
            at,
            speed: row.and_then(|row| row.motor_speed),
            gear: row.and_then(|row| row.gear),
            brake: row.and_then(|row| row.brake),
            accelerator: row.and_then(|row| row.accelerator),
            fix: (state.current_fix(at.instant)).map(|(stamp, fix)| (stamp.instant, fix)),
            geoid_separation: None,
            mode: state.mode(at.instant),
            mains: flag("mains_present"),
            battery: BatteryReport {
                state_of_charge: row.and_then(|row| row.soc),
                voltage: row.and_then(|row| row.battery_voltage),
                current: row.and_then(|row| row.current),
                available_energy: row.and_then(|row| row.available_energy),
                desired_state_of_charge: None,
                charging: row.and_then(|row| row.is_charging),
            },
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
