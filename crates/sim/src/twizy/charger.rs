//! Mains to battery: so much as mains, charger and battery all allow, less when nearly full.

use super::battery::Battery;
use super::spec::Spec;

/// What the socket gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mains {
    /// V, as it is at the meter.
    pub voltage: f64,
    /// A that the station allows.
    pub current_limit: f64,
    /// The battery's wish, 0 to 7: 5 A each (the car's own scale); 0 ends the charge.
    pub level: u8,
    /// How far the charger has come up, 0 to 1.
    pub ramp: f64,
}

/// Watts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ChargerFlow {
    pub(super) mains: f64,
    pub(super) battery: f64,
    pub(super) auxiliary: f64,
}

/// What flows at this moment.
pub(super) fn flow(spec: &Spec, battery: &Battery, mains: Mains) -> ChargerFlow {
    // While charging the 12 V system lives from the charger.
    let auxiliary = 25.0;
    let rest = battery.at_rest();
    let wished = 5.0 * f64::from(mains.level);
    let by_voltage = ((spec.charger_voltage - rest) / battery.resistance()).max(0.0);
    let available = (mains.voltage * mains.current_limit).min(spec.charger_power);
    let current = wished
        .min(spec.charger_current * mains.ramp)
        .min(by_voltage);
    let given = current * battery.voltage(current);
    let most = (available * spec.charger_efficiency - auxiliary).max(0.0);
    let given = given.min(most);
    ChargerFlow {
        mains: (given + auxiliary) / spec.charger_efficiency,
        battery: given,
        auxiliary,
    }
}

/// Whether the battery takes so little that it counts as full.
#[must_use]
pub fn is_full(spec: &Spec, battery: &Battery) -> bool {
    let by_voltage = (spec.charger_voltage - battery.at_rest()) / battery.resistance();
    by_voltage < spec.charger_end_current || battery.percent() >= 99.99
}
