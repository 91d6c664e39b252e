//! Where every joule went. What comes in equals what went out and what is stored, or the physics
//! is wrong.

/// Joules since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ledger {
    /// From the mains.
    pub mains: f64,
    /// Out of the battery's chemistry; negative when it was charged.
    pub chemical: f64,
    /// Heat in the battery.
    pub resistance: f64,
    /// Lost in the charger.
    pub charger_loss: f64,
    /// For the 12 V system.
    pub auxiliary: f64,
    /// Lost in motor, inverter and gears.
    pub drive_loss: f64,
    /// Air.
    pub drag: f64,
    /// Tyres.
    pub rolling: f64,
    /// Brakes.
    pub brakes: f64,
    /// Held by the car's motion.
    pub kinetic: f64,
    /// Held by its height.
    pub potential: f64,
}

impl Ledger {
    /// What came in.
    #[must_use]
    pub fn source(&self) -> f64 {
        self.mains + self.chemical
    }

    /// What became of it.
    #[must_use]
    pub fn spent(&self) -> f64 {
        self.resistance
            + self.charger_loss
            + self.auxiliary
            + self.drive_loss
            + self.drag
            + self.rolling
            + self.brakes
            + self.kinetic
            + self.potential
    }
}
