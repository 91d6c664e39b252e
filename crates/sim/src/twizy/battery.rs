//! The traction battery: 14 cells in series, 6.1 kWh.
//!
//! The voltage at rest over the state of charge is that of the recordings (64 to 94 %, README of
//! the recordings, section 2) and continued by the usual course of a manganese cell below.

use crate::chance::Chance;

/// Cells in series.
pub const CELLS: usize = 14;
/// The modules whose temperature the battery tells.
pub const MODULES: usize = 7;

/// State of charge in percent and the voltage of a cell at rest.
const AT_REST: [(f64, f64); 14] = [
    (0.0, 3.300),
    (5.0, 3.500),
    (10.0, 3.620),
    (20.0, 3.720),
    (35.0, 3.800),
    (50.0, 3.890),
    (64.4, 3.961),
    (67.5, 3.973),
    (74.7, 4.007),
    (83.2, 4.028),
    (88.8, 4.048),
    (94.2, 4.082),
    (96.0, 4.105),
    (100.0, 4.141),
];

/// What a stretch of time did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flow {
    /// Into the battery, A.
    pub current: f64,
    /// Out of the chemistry, J.
    pub chemical: f64,
    /// Into heat by the resistance, J.
    pub heat: f64,
}

/// The battery.
#[derive(Debug, Clone)]
pub struct Battery {
    /// 0 to 1.
    charge: f64,
    /// Ampere seconds.
    capacity: f64,
    /// Of the pack, in ohms: 0.64 V more at 32.25 A in the recordings.
    resistance: f64,
    /// How much each cell lies above the mean, V.
    spread: [f64; CELLS],
    /// Of each module, °C.
    modules: [f64; MODULES],
    outside: f64,
    health: f64,
}

impl Battery {
    /// A battery of 6.1 kWh when new, of which `health` (0 to 1) is left, at this state of charge
    /// (0 to 100 %) and temperature (°C); its cells differ a little.
    #[must_use]
    pub fn new(percent: f64, health: f64, outside: f64, chance: &mut Chance) -> Self {
        const NEW: f64 = 6_100.0 * 3_600.0;
        let mut spread = [0.0; CELLS];
        for cell in &mut spread {
            *cell = (chance.normal() * 0.003).clamp(-0.01, 0.01);
        }
        let mean = spread.iter().sum::<f64>() / 14.0;
        for cell in &mut spread {
            *cell -= mean;
        }
        let mut modules = [outside; MODULES];
        for module in &mut modules {
            *module += chance.between(-0.4, 0.6);
        }
        Self {
            charge: (percent / 100.0).clamp(0.0, 1.0),
            capacity: NEW * health / mean_at_rest(),
            resistance: 0.020 / health,
            spread,
            modules,
            outside,
            health,
        }
    }

    /// State of charge in percent.
    #[must_use]
    pub fn percent(&self) -> f64 {
        self.charge * 100.0
    }

    /// State of health in percent.
    #[must_use]
    pub fn health(&self) -> f64 {
        self.health * 100.0
    }

    /// Energy that is left, in kWh.
    #[must_use]
    pub fn energy(&self) -> f64 {
        6.1 * self.health * self.charge
    }

    /// Volts at rest.
    #[must_use]
    pub fn at_rest(&self) -> f64 {
        14.0 * cell_at_rest(self.percent())
    }

    /// Ohms.
    #[must_use]
    pub const fn resistance(&self) -> f64 {
        self.resistance
    }

    /// Volts at the poles while so many amperes flow in.
    #[must_use]
    pub fn voltage(&self, current: f64) -> f64 {
        self.at_rest() + self.resistance * current
    }

    /// Volts of each cell while so many amperes flow in.
    #[must_use]
    pub fn cells(&self, current: f64) -> [f64; CELLS] {
        let mean = self.voltage(current) / 14.0;
        self.spread.map(|above| mean + above)
    }

    /// °C of each module.
    #[must_use]
    pub const fn modules(&self) -> [f64; MODULES] {
        self.modules
    }

    /// What it takes from braking, W: less when nearly full, nothing when full.
    #[must_use]
    pub fn accepts(&self) -> f64 {
        const MOST: f64 = 2_500.0;
        MOST * ((99.0 - self.percent()) / 6.0).clamp(0.0, 1.0)
    }

    /// Whether it has something to give.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.charge <= 0.0
    }

    /// Takes `power` (W, negative: gives) from the poles for `dt` seconds.
    pub fn draw(&mut self, power: f64, dt: f64) -> Flow {
        let rest = self.at_rest();
        // The most that a source of this resistance gives is at half its voltage.
        let most = rest * rest / (4.0 * self.resistance);
        let root = rest * rest - 4.0 * self.resistance * power.min(most);
        let out = (rest - root.sqrt()) / (2.0 * self.resistance);
        let current = -out;
        self.charge = (self.charge + current * dt / self.capacity).clamp(0.0, 1.0);
        let heat = current * current * self.resistance;
        self.warm(heat, dt);
        Flow {
            current,
            chemical: rest * out * dt,
            heat: heat * dt,
        }
    }

    fn warm(&mut self, heat: f64, dt: f64) {
        // 95 kg of cells; hardly any wind reaches them.
        const HEAT_CAPACITY: f64 = 95_000.0 / 7.0;
        const COOLING: f64 = 8.0 / 7.0;
        for module in &mut self.modules {
            let away = COOLING * (*module - self.outside);
            *module += (heat / 7.0 - away) * dt / HEAT_CAPACITY;
        }
    }
}

/// Volts of a cell at rest.
fn cell_at_rest(percent: f64) -> f64 {
    let after = AT_REST.partition_point(|(at, _)| *at < percent);
    let (high, low) = (
        AT_REST.get(after),
        after.checked_sub(1).map(|at| AT_REST[at]),
    );
    match (low, high) {
        (Some((from, low)), Some(&(to, high))) => {
            low + (high - low) * (percent - from) / (to - from)
        }
        (None, Some(&(_, only))) | (Some((_, only)), None) => only,
        (None, None) => 0.0,
    }
}

/// The pack's voltage at rest, averaged over the charge.
fn mean_at_rest() -> f64 {
    let areas = AT_REST
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1));
    14.0 * areas.sum::<f64>() / 100.0
}
