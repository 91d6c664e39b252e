//! The car's quantities by name, as a bus description asks for them.

use serde::Deserialize;

/// A quantity of the car, in the unit of the signals that carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    /// km/h, in hundredths, cut.
    Speed,
    /// km, in hundredths.
    Odometer,
    /// km.
    WholeKilometers,
    /// km.
    TensOfKilometers,
    /// km that the car believes to have left.
    Range,
    /// Minutes since its clock got power.
    Minutes,
    /// The digits of its serial, as they stand on the bus.
    VinSerial,
    /// A.
    DcDcCurrent,
    /// °C.
    ChargerTemperature,
    /// 0 to 7.
    ChargeLevel,
    /// A into the battery.
    BatteryCurrent,
    /// %.
    StateOfCharge,
    /// V, in halves, cut.
    PackVoltageCoarse,
    /// V.
    PackVoltage,
    /// kW.
    RecuperationLimit,
    /// kW.
    DriveLimit,
    /// °C.
    ColdestModule,
    /// °C.
    HottestModule,
    /// %.
    StateOfHealth,
    /// kWh.
    AvailableEnergy,
    /// V.
    HighestCell,
    /// V.
    LowestCell,
    /// °C.
    Module1,
    /// °C.
    Module2,
    /// °C.
    Module3,
    /// °C.
    Module4,
    /// °C.
    Module5,
    /// °C.
    Module6,
    /// °C.
    Module7,
    /// V.
    Cell1,
    /// V.
    Cell2,
    /// V.
    Cell3,
    /// V.
    Cell4,
    /// V.
    Cell5,
    /// V.
    Cell6,
    /// V.
    Cell7,
    /// V.
    Cell8,
    /// V.
    Cell9,
    /// V.
    Cell10,
    /// V.
    Cell11,
    /// V.
    Cell12,
    /// V.
    Cell13,
    /// V.
    Cell14,
    /// rpm.
    MotorSpeed,
    /// Counts around 0.
    MotorDemand,
    /// °C.
    MotorTemperature,
    /// 128 forward, 32 neutral, 8 backward.
    Gear,
    /// 3 when the inverter drives.
    ControllerOn,
    /// 1 while the pedal is down.
    Footbrake,
    /// Counts around 0, about Nm.
    Torque,
    /// %.
    Accelerator,
    /// V.
    CapacitorVoltage,
    /// m, cyclic.
    DistanceCounter,
    /// °C.
    InverterTemperature,
}

impl Live {
    /// The number of a cell from 0, when it is one.
    #[must_use]
    pub fn cell(self) -> Option<usize> {
        (self as usize)
            .checked_sub(Self::Cell1 as usize)
            .filter(|at| *at < 14)
    }

    /// The number of a module from 0, when it is one.
    #[must_use]
    pub fn module(self) -> Option<usize> {
        (self as usize)
            .checked_sub(Self::Module1 as usize)
            .filter(|at| *at < 7)
    }
}
