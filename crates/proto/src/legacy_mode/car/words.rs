//! What our car says to prototypes, from what it knows of itself.
//!
//! When it says so is `mod.rs`.

use v2x_units::{Instant, MacAddress, StateOfCharge};

use super::input::CarNow;
use crate::legacy::radio::item::{Driving, PackState};
use crate::legacy::radio::{
    EvcsLayout, EvcsToVehicle, ItemFix, ItemLayout, SaidBattery, VehicleItem, VehicleLayout,
    VehicleToEvcs,
};
use crate::legacy_mode::uptime_ms;

/// Above this current into the battery a prototype says that it charges, in amperes.
const CHARGING_ABOVE: f64 = 0.5;

/// What a prototype calls valid; the hour is its mistake.
const VALID: u8 = 1;

/// Our car, about to speak.
pub(super) struct Words<'a> {
    pub(super) mac: MacAddress,
    pub(super) known: &'a CarNow,
    /// Whether it asks the station to stop.
    pub(super) stops: bool,
}

impl Words<'_> {
    fn fix(&self) -> Option<ItemFix> {
        let (position, altitude) = self.known.place?;
        Some(ItemFix {
            position,
            altitude,
            hour: VALID,
        })
    }

    fn is_charging(&self) -> bool {
        self.known
            .current
            .is_some_and(|current| current.into_battery().get() > CHARGING_ABOVE)
    }

    fn is_ready(&self) -> bool {
        let is_full = |soc: StateOfCharge| soc.percent() >= 100.0;
        !self.stops && !self.known.state_of_charge.is_some_and(is_full)
    }

    /// What prototype cars and people with their tools see of the car.
    pub(super) fn item(&self, now: Instant) -> Option<VehicleItem> {
        let known = self.known;
        let pack = known
            .voltage
            .zip(known.available_energy)
            .map(|(voltage, available_energy)| PackState {
                voltage,
                available_energy,
                charging_status: known.charging_status.unwrap_or_default(),
            });
        Some(VehicleItem {
            layout: ItemLayout::V5,
            state_of_charge: known.state_of_charge?,
            speed: known.speed?,
            dashboard: None,
            current: known.current,
            pack,
            driving: Some(Driving {
                pedal_percent: known.pedal_percent.unwrap_or_default(),
                gear: known.gear,
                brake: known.brake.unwrap_or_default(),
                fix: self.fix(),
                charging: self.is_charging(),
                desired_soc: full(),
                ready_to_charge: self.is_ready(),
                timestamp: uptime_ms(now),
            }),
            mac: self.mac,
        })
    }

    /// What the station that charges the car gets to hear.
    pub(super) fn status(&self, now: Instant, station: &EvcsToVehicle) -> VehicleToEvcs {
        let known = self.known;
        let battery = match (known.state_of_charge, known.voltage, known.current) {
            (Some(state_of_charge), Some(voltage), Some(current)) => Some(SaidBattery {
                state_of_charge,
                voltage,
                current,
            }),
            _ => None,
        };
        VehicleToEvcs {
            layout: match station.layout {
                EvcsLayout::V1 | EvcsLayout::V1Flagged(_) => VehicleLayout::V1,
                EvcsLayout::V2 => VehicleLayout::V2,
            },
            mac: self.mac,
            fix: self.fix(),
            battery,
            capacity: known.capacity.unwrap_or_default(),
            desired_soc: full(),
            ready_to_charge: self.is_ready(),
            stop_charging: self.stops,
            session_id: station.session_id,
            uptime_ms: uptime_ms(now),
        }
    }
}

/// Where a prototype's driver always wants to get to.
fn full() -> StateOfCharge {
    StateOfCharge::from_percent(100.0).expect("100 % is a state of charge")
}
