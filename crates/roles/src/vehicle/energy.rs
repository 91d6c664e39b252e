//! Energy and charge through the battery, integrated over time and never over unknown stretches.
//!
//! A stretch between two samples counts when both are known and lie close enough together. How
//! much time was covered is a part of every figure, so that a gap is seen and not filled.

use core::ops::AddAssign;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use v2x_units::{AmpereHours, Amps, BatteryCurrent, Volts, WattHours};

/// Two samples further apart say nothing of what flowed between them: three rows of the
/// prototype's five seconds, fifteen of ours.
const LONGEST_STRETCH: Duration = Duration::from_secs(15);

/// What flowed out of and into the battery, each without its sign, and how long was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    out_wh: f64,
    in_wh: f64,
    out_ah: f64,
    in_ah: f64,
    /// Time over which the energy is known: pack voltage and current.
    energy_s: f64,
    /// Time over which the charge is known: current.
    charge_s: f64,
}

impl Flow {
    /// Energy out of the battery; `None` when voltage and current were never known together.
    #[must_use]
    pub fn energy_out(&self) -> Option<WattHours> {
        (self.energy_s > 0.0).then_some(WattHours::new(self.out_wh))
    }

    /// Energy into the battery; `None` as in [`Self::energy_out`].
    #[must_use]
    pub fn energy_in(&self) -> Option<WattHours> {
        (self.energy_s > 0.0).then_some(WattHours::new(self.in_wh))
    }

    /// Charge out of the battery; `None` when the current was never known.
    #[must_use]
    pub fn charge_out(&self) -> Option<AmpereHours> {
        (self.charge_s > 0.0).then_some(AmpereHours::new(self.out_ah))
    }

    /// Charge into the battery; `None` as in [`Self::charge_out`].
    #[must_use]
    pub fn charge_in(&self) -> Option<AmpereHours> {
        (self.charge_s > 0.0).then_some(AmpereHours::new(self.in_ah))
    }

    /// The time that the energies cover.
    #[must_use]
    pub fn energy_covers(&self) -> Duration {
        Duration::from_secs_f64(self.energy_s)
    }

    /// The time that the charges cover.
    #[must_use]
    pub fn charge_covers(&self) -> Duration {
        Duration::from_secs_f64(self.charge_s)
    }
}

impl AddAssign for Flow {
    fn add_assign(&mut self, other: Self) {
        self.out_wh += other.out_wh;
        self.in_wh += other.in_wh;
        self.out_ah += other.out_ah;
        self.in_ah += other.in_ah;
        self.energy_s += other.energy_s;
        self.charge_s += other.charge_s;
    }
}

/// The last sample of one quantity and its age.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Sample {
    value: Option<f64>,
    age_s: f64,
}

/// What a stretch between two samples held, in unit seconds, and how long it was.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    positive: f64,
    negative: f64,
    seconds: f64,
}

impl Sample {
    /// Goes on by a time, at the end of which the quantity has this value.
    fn advance(&mut self, time: Duration, value: Option<f64>) -> Stretch {
        self.age_s += time.as_secs_f64();
        let Some(value) = value else {
            return Stretch::default();
        };
        let seconds = self.age_s;
        let before = self
            .value
            .filter(|_| seconds <= LONGEST_STRETCH.as_secs_f64());
        *self = Self {
            value: Some(value),
            age_s: 0.0,
        };
        before.map_or_else(Stretch::default, |before| Stretch {
            // The two directions apart: +10 A and -10 A are not nothing.
            positive: f64::midpoint(before.max(0.0), value.max(0.0)) * seconds,
            negative: f64::midpoint((-before).max(0.0), (-value).max(0.0)) * seconds,
            seconds,
        })
    }
}

/// Adds up what flows while something goes on, and holds back what may turn out to come after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ledger {
    settled: Flow,
    pending: Flow,
    current: Sample,
    power: Sample,
}

impl Ledger {
    /// Goes on by a time, at the end of which current and pack voltage are these.
    pub(super) fn advance(
        &mut self,
        time: Duration,
        current: Option<BatteryCurrent>,
        pack: Option<Volts>,
    ) {
        const HOUR: f64 = 3600.0;
        let amps = current.map(|current| current.into_battery().get());
        let power = current.zip(pack);
        let watts = power.map(|(current, pack)| current.power_into_battery(pack).get());
        let charge = self.current.advance(time, amps);
        let energy = self.power.advance(time, watts);
        self.pending += Flow {
            out_wh: energy.negative / HOUR,
            in_wh: energy.positive / HOUR,
            out_ah: charge.negative / HOUR,
            in_ah: charge.positive / HOUR,
            energy_s: energy.seconds,
            charge_s: charge.seconds,
        };
    }

    /// It still went on now: what was held back belongs to it.
    pub(super) fn settle(&mut self) {
        self.settled += core::mem::take(&mut self.pending);
    }

    /// What belongs to it for certain.
    pub(super) fn settled(&self) -> Flow {
        self.settled
    }

    /// The mean current into the battery over the covered time.
    pub(super) fn mean_current(&self) -> Option<Amps> {
        let hours = self.settled.charge_covers().as_secs_f64() / 3600.0;
        (hours > 0.0).then(|| Amps::new(self.settled.in_ah / hours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn amps(amps: f64) -> Option<BatteryCurrent> {
        Some(BatteryCurrent::from_signed(Amps::new(amps)))
    }

    fn volts(volts: f64) -> Option<Volts> {
        Some(Volts::new(volts))
    }

    fn sum(samples: &[(u64, Option<BatteryCurrent>, Option<Volts>)]) -> Flow {
        let mut ledger = Ledger::default();
        for (seconds, current, pack) in samples {
            ledger.advance(Duration::from_secs(*seconds), *current, *pack);
        }
        ledger.settle();
        ledger.settled()
    }

    #[test]
    fn hour_of_ten_amps_at_fifty_volts_is_half_a_kilowatt_hour() {
        let samples = (0..=360).map(|n| (u64::from(n > 0) * 10, amps(-10.0), volts(50.0)));
        let flow = sum(&samples.collect::<Vec<_>>());
        assert!((flow.energy_out().unwrap().get() - 500.0).abs() < 1e-9);
        assert!((flow.charge_out().unwrap().get() - 10.0).abs() < 1e-9);
        assert_eq!(flow.energy_in(), Some(WattHours::ZERO));
        assert_eq!(flow.energy_covers(), Duration::from_secs(3600));
    }

    #[test]
    fn both_directions_are_kept_apart_and_never_cancel_out() {
        let flow = sum(&[(0, amps(-36.0), None), (10, amps(36.0), None)]);
        assert!((flow.charge_out().unwrap().get() - 0.05).abs() < 1e-9);
        assert!((flow.charge_in().unwrap().get() - 0.05).abs() < 1e-9);
    }

    #[test]
    fn stretch_longer_than_the_bound_is_not_filled() {
        let flow = sum(&[
            (0, amps(-36.0), volts(56.0)),
            (16, amps(-36.0), volts(56.0)),
        ]);
        assert_eq!(flow.charge_out(), None);
        assert_eq!(flow.energy_covers(), Duration::ZERO);
    }

    #[test]
    fn short_hole_in_the_samples_is_bridged_by_its_edges() {
        let flow = sum(&[
            (0, amps(-36.0), None),
            (5, None, None),
            (5, amps(-36.0), None),
        ]);
        assert!((flow.charge_out().unwrap().get() - 0.1).abs() < 1e-9);
        assert_eq!(flow.charge_covers(), Duration::from_secs(10));
    }

    #[test]
    fn current_without_a_voltage_gives_charge_and_no_energy() {
        let flow = sum(&[(0, amps(-36.0), None), (1, amps(-36.0), None)]);
        assert!(flow.charge_out().is_some());
        assert_eq!((flow.energy_out(), flow.energy_in()), (None, None));
    }

    #[test]
    fn what_comes_after_the_end_is_held_back() {
        let mut ledger = Ledger::default();
        ledger.advance(SECOND, amps(-36.0), None);
        ledger.advance(SECOND, amps(-36.0), None);
        ledger.settle();
        let settled = ledger.settled();
        ledger.advance(SECOND, amps(-36.0), None);
        assert_eq!(ledger.settled(), settled);
    }
}
