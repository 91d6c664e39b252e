//! The traction battery's health: cell spread, pack against cells, capacity, alarms.
//!
//! An alarm is raised after its condition held for five seconds and cleared below a lower limit,
//! so that a value at the edge does not ring. Not here: charges ([`super::charge`]), of which the
//! capacity is estimated, and how an alarm reaches a person.

use core::time::Duration;

use v2x_units::{AmpereHours, Celsius, Instant, StateOfCharge, Volts};

use super::charge::Charge;
use super::observation::{BatteryReadings, Observation};

/// A condition that holds for less is a glitch of one frame.
const HELD_FOR: Duration = Duration::from_secs(5);
/// An estimate of the capacity that may be off by more than this part says nothing.
const WORST_UNCERTAINTY: f64 = 0.2;
/// The part of a charge that its current must cover before the capacity is estimated.
const COVERED_FOR_CAPACITY: f64 = 0.9;
/// The steps in which the bus counts the state of charge, in percent.
const FINE_STEP: f64 = 0.02;
/// The steps in which the prototype wrote it.
const WHOLE_STEP: f64 = 1.0;

/// The part of the spread that raises at which it is cleared.
const CELL_SPREAD_CLEARS: f64 = 0.6;
/// Degrees below the limit at which a hot battery is no longer hot.
const HOT_CLEARS: f64 = 3.0;
/// Degrees above the limit at which a cold battery is no longer cold.
const COLD_CLEARS: f64 = 2.0;
/// Percent above the limit at which a battery is no longer nearly empty.
const LOW_CHARGE_CLEARS: f64 = 3.0;

/// Where alarms are raised; each is cleared a little before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlarmLimits {
    /// Cells that far apart.
    pub cell_spread: Volts,
    /// A cell that warm.
    pub hot: Celsius,
    /// A cell that cold.
    pub cold: Celsius,
    /// A state of charge that low.
    pub low_charge: StateOfCharge,
}

impl Default for AlarmLimits {
    /// The recorded car keeps its cells within 20 mV and between 26 and 31 degrees.
    fn default() -> Self {
        Self {
            cell_spread: Volts::new(0.10),
            hot: Celsius::new(50.0),
            cold: Celsius::new(0.0),
            low_charge: StateOfCharge::from_percent(15.0).expect("it is from 0 to 100"),
        }
    }
}

/// What may be wrong with the battery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alarm {
    /// The cells drift apart.
    CellSpread,
    /// A cell is hot.
    Hot,
    /// A cell is near freezing: charging harms it.
    Cold,
    /// Nearly empty.
    LowCharge,
    /// The battery itself reports a fault.
    ServiceCode,
}

impl Alarm {
    /// Every alarm.
    pub const ALL: [Self; 5] = [
        Self::CellSpread,
        Self::Hot,
        Self::Cold,
        Self::LowCharge,
        Self::ServiceCode,
    ];

    /// The word used in events and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CellSpread => "cell_spread",
            Self::Hot => "battery_hot",
            Self::Cold => "battery_cold",
            Self::LowCharge => "low_charge",
            Self::ServiceCode => "service_code",
        }
    }

    /// What a person reads, with the value that raised it.
    #[must_use]
    pub fn text(self, value: Option<f64>) -> String {
        let number = |unit: &str, decimals: usize| {
            value.map_or_else(String::new, |value| format!(": {value:.decimals$} {unit}"))
        };
        match self {
            Self::CellSpread => format!("the cells drift apart{}", number("V", 3)),
            Self::Hot => format!("a cell is hot{}", number("°C", 0)),
            Self::Cold => {
                let value = number("°C", 0);
                format!("a cell is near freezing, charging harms it{value}")
            }
            Self::LowCharge => format!("the battery is nearly empty{}", number("%", 0)),
            Self::ServiceCode => "the battery reports a fault".to_owned(),
        }
    }

    /// Where it is raised and where it is cleared.
    fn limits(self, at: &AlarmLimits) -> Limits {
        let spread = at.cell_spread.get();
        let (hot, cold) = (at.hot.get(), at.cold.get());
        let low = at.low_charge.percent();
        let (raise, clear, is_low) = match self {
            Self::CellSpread => (spread, spread * CELL_SPREAD_CLEARS, false),
            Self::Hot => (hot, hot - HOT_CLEARS, false),
            Self::Cold => (cold, cold + COLD_CLEARS, true),
            Self::LowCharge => (low, (low + LOW_CHARGE_CLEARS).min(100.0), true),
            Self::ServiceCode => (1.0, 0.0, false),
        };
        Limits {
            raise,
            clear,
            is_low,
        }
    }

    /// The value that it watches, if it is known.
    fn watched(self, seen: &Observation) -> Option<f64> {
        match self {
            Self::CellSpread => cell_spread(&seen.battery).map(Volts::get),
            Self::Hot => seen.battery.hottest.map(Celsius::get),
            Self::Cold => seen.battery.coldest.map(Celsius::get),
            Self::LowCharge => seen.soc.map(StateOfCharge::percent),
            Self::ServiceCode => seen.battery.service_code,
        }
    }
}

/// Two limits with a dead band between them.
#[derive(Debug, Clone, Copy)]
struct Limits {
    raise: f64,
    clear: f64,
    is_low: bool,
}

impl Limits {
    fn raises(self, value: f64) -> bool {
        if self.is_low {
            value <= self.raise
        } else {
            value >= self.raise
        }
    }

    fn clears(self, value: f64) -> bool {
        if self.is_low {
            value >= self.clear
        } else {
            value <= self.clear
        }
    }
}

/// An alarm that was raised or cleared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlarmChange {
    /// Which.
    pub alarm: Alarm,
    /// Raised, or cleared.
    pub is_raised: bool,
    /// The value that decided: V, degrees, percent, or the code.
    pub value: f64,
}

/// One alarm's memory.
#[derive(Debug, Clone, Copy, Default)]
struct Watch {
    is_raised: bool,
    /// Since when the other side's limit has been passed.
    opposite_since: Option<Instant>,
}

/// Watches the battery.
#[derive(Debug, Default)]
pub struct Battery {
    limits: AlarmLimits,
    watches: [Watch; Alarm::ALL.len()],
    readings: BatteryReadings,
    pack: Option<Volts>,
}

impl Battery {
    /// Alarms are raised at other limits from now on.
    pub fn set_limits(&mut self, limits: AlarmLimits) {
        self.limits = limits;
    }

    /// Takes one observation; gives the alarms that it changed. A value that is not known changes
    /// none.
    pub fn observe(&mut self, seen: &Observation) -> Vec<AlarmChange> {
        self.readings = seen.battery;
        self.pack = seen.pack_voltage;
        let limits = self.limits;
        let watched = Alarm::ALL.into_iter().zip(&mut self.watches);
        watched
            .filter_map(|(alarm, watch)| {
                let value = alarm.watched(seen)?;
                let changed = watch.see(alarm.limits(&limits), seen.at.instant, value);
                changed.then_some(AlarmChange {
                    alarm,
                    is_raised: watch.is_raised,
                    value,
                })
            })
            .collect()
    }

    /// The alarms that are raised.
    pub fn raised(&self) -> impl Iterator<Item = Alarm> {
        let watched = Alarm::ALL.into_iter().zip(&self.watches);
        watched
            .filter(|(_, watch)| watch.is_raised)
            .map(|(alarm, _)| alarm)
    }

    /// How far the cells are apart.
    #[must_use]
    pub fn cell_spread(&self) -> Option<Volts> {
        cell_spread(&self.readings)
    }

    /// The pack's voltage less the sum of its cells: a lead or a sensor that is not what it was.
    #[must_use]
    pub fn pack_less_cells(&self) -> Option<Volts> {
        Some(self.pack? - self.readings.cells?)
    }

    /// State of health as the battery computes it, 0 to 100 percent.
    #[must_use]
    pub fn state_of_health(&self) -> Option<f64> {
        self.readings.state_of_health
    }
}

impl Watch {
    /// Whether the value changed the alarm.
    fn see(&mut self, limits: Limits, at: Instant, value: f64) -> bool {
        let is_opposite = if self.is_raised {
            limits.clears(value)
        } else {
            limits.raises(value)
        };
        if !is_opposite {
            self.opposite_since = None;
            return false;
        }
        let since = *self.opposite_since.get_or_insert(at);
        if at.since(since) < HELD_FOR {
            return false;
        }
        self.is_raised = !self.is_raised;
        self.opposite_since = None;
        true
    }
}

fn cell_spread(readings: &BatteryReadings) -> Option<Volts> {
    Some(readings.cell_max? - readings.cell_min?)
}

/// What the battery holds when full, as one charge tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CapacityEstimate {
    /// Charge from 0 to 100 percent; about 78 Ah in the recorded car.
    pub full: AmpereHours,
    /// What of it the steps of the state of charge leave open, either way.
    pub uncertainty: AmpereHours,
}

impl CapacityEstimate {
    /// Estimates from one charge; `None` when its current was not seen for most of its time or the
    /// state of charge rose too little for its steps.
    #[must_use]
    pub fn of(charge: &Charge) -> Option<Self> {
        let flow = charge.flow();
        let covered = flow.charge_covers().as_secs_f64();
        if covered < COVERED_FOR_CAPACITY * charge.duration().as_secs_f64() {
            return None;
        }
        let (from, to) = charge.soc();
        let (from, to) = (from?.percent(), to?.percent());
        let is_whole = from.fract() == 0.0 && to.fract() == 0.0;
        let step = if is_whole { WHOLE_STEP } else { FINE_STEP };
        let uncertain = step / (to - from);
        let is_enough = to > from && uncertain <= WORST_UNCERTAINTY;
        let full = flow.charge_in()? * (100.0 / (to - from));
        is_enough.then(|| Self {
            full,
            uncertainty: full * uncertain,
        })
    }
}

#[cfg(test)]
mod tests;
