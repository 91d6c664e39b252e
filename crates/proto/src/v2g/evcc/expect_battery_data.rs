//! Entered every 5 s after unplugging. Accepts BatteryDataRes.
//! Leaves to ExpectReportTime, to ExpectPlug after 15 s of silence or when the car has left.

use v2x_units::Instant;

use super::{Evcc, EvccState};
use crate::deadlines::{BATTERY_DATA_PERIOD, FIX_AGE_MAX};
use crate::v2g::message::BatteryDataReq;

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    evcc.due = now + BATTERY_DATA_PERIOD;
    let fresh = |(at, _): &(Instant, _)| now.since(*at) <= FIX_AGE_MAX;
    let request = BatteryDataReq {
        battery: evcc.battery,
        speed: evcc.speed,
        position: evcc.position.filter(fresh).map(|(_, position)| position),
    };
    evcc.ask(now, request, EvccState::ExpectBatteryData);
}

pub(super) fn answer(evcc: &mut Evcc) {
    evcc.state = EvccState::ExpectReportTime;
}
