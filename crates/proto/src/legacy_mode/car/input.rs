//! What can happen to our car among prototypes, and what it tells.
//!
//! Not what follows from it (`mod.rs`).

use v2x_units::{
    BatteryCurrent, Instant, KilometersPerHour, MacAddress, Meters, Position, StateOfCharge, Volts,
    WattHours,
};

use crate::legacy::radio::item::Gear;
use crate::legacy_mode::hearing::LegacyHeard;

/// What the car knows of itself now. What is not known is `None`; a prototype's struct has no way
/// to say so, and is not sent without a state of charge and a speed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CarNow {
    /// What is left of what the battery can hold.
    pub state_of_charge: Option<StateOfCharge>,
    /// Of the whole pack.
    pub voltage: Option<Volts>,
    /// Of the pack, with its direction.
    pub current: Option<BatteryCurrent>,
    /// What the car says is left.
    pub available_energy: Option<WattHours>,
    /// What the battery holds when it is full.
    pub capacity: Option<WattHours>,
    /// The byte of the car's bus that a prototype calls charging status.
    pub charging_status: Option<u8>,
    /// How fast the car goes.
    pub speed: Option<KilometersPerHour>,
    /// How far the pedal is down, in percent.
    pub pedal_percent: Option<f64>,
    /// What is engaged.
    pub gear: Option<Gear>,
    /// Whether the car brakes.
    pub brake: Option<bool>,
    /// A good fix, and the height above the sea.
    pub place: Option<(Position, Meters)>,
}

/// Why the car asks a prototype station to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyStop {
    /// The driver wants it.
    Driver,
    /// The owner's limit is reached, as far as the station can be believed.
    CostLimit,
}

/// What a station said of a charge. Nobody has proven any of it, and no receipt comes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LegacySession {
    /// Who said so.
    pub station: MacAddress,
    /// The station's number for it; the same come back after each of its restarts.
    pub session_id: u32,
    /// When it was first followed.
    pub began: Instant,
    /// When it was last heard.
    pub ended: Instant,
    /// What it says to have delivered.
    pub energy: WattHours,
    /// What it says that this costs, in a currency that it does not name.
    pub cost: f64,
    /// Its price for a kilowatt hour.
    pub cost_per_kwh: f64,
    /// Whether the car asked it to stop.
    pub stop: Option<LegacyStop>,
}

/// What can happen to our car among prototypes.
#[derive(Debug, Clone, Copy)]
pub enum LegacyCarInput<'a> {
    /// Legacy mode is switched on or off; it begins off.
    SwitchedOn(bool),
    /// What the car knows of itself.
    Car(CarNow),
    /// The car is plugged in and has no proven session, or not so any longer.
    Plugged(bool),
    /// The most that a session may cost, in whatever currency a station counts; `None`: no limit.
    CostLimit(Option<f64>),
    /// The driver ends the session.
    Stop,
    /// The radio heard these bytes from this sender, and they are of no protocol of ours.
    Heard(MacAddress, &'a [u8]),
}

/// What our car among prototypes tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LegacyCarEvent {
    /// Legacy mode is now on or off: show it.
    SwitchedOn(bool),
    /// Somebody who may be a prototype says this.
    Heard(LegacyHeard),
    /// The car now takes this station for the one that charges it.
    Following(MacAddress),
    /// The car now asks the station to stop, with every message until the plug is out.
    Stopping(LegacyStop),
    /// What a station said of a charge that is over.
    SessionEnded(LegacySession),
}
