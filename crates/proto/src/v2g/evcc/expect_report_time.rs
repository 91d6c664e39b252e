//! Entered after unplugging, and after each BatteryData. Accepts nothing from the station.
//! Leaves to ExpectBatteryData in time, to ExpectPlug when the car has left.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, LeftReason, expect_battery_data, expect_plug};
use crate::v2g::nearness::Nearness;

/// The plug has just come out, and the station may have battery data.
pub(super) fn begin(evcc: &mut Evcc, now: Instant) {
    evcc.nearness = Nearness::new(evcc.session.station_position);
    evcc.state = EvccState::ExpectReportTime;
    evcc.due = now;
}

/// What there is to be done now.
pub(super) fn run(evcc: &mut Evcc, now: Instant) {
    if evcc.nearness.has_left() {
        leave(evcc, LeftReason::Distance);
    } else if !evcc.may_report() {
        leave(evcc, LeftReason::Setting);
    } else if evcc.state == EvccState::ExpectReportTime && evcc.due <= now {
        expect_battery_data::enter(evcc, now);
    }
}

/// Ends the battery data and forgets the station.
pub(super) fn leave(evcc: &mut Evcc, reason: LeftReason) {
    evcc.tell(EvccEvent::Left(reason));
    expect_plug::enter(evcc);
}
