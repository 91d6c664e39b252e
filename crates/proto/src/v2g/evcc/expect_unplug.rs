//! Entered from ExpectSessionStop with the plug still in. Accepts nothing from the station.
//! Leaves to ExpectReportTime, or to ExpectPlug where battery data is not permitted.

use v2x_units::Instant;

use super::{Evcc, expect_plug, expect_report_time};

/// The plug is out.
pub(super) fn leave(evcc: &mut Evcc, now: Instant) {
    if evcc.may_report() && evcc.initiator.is_proven() {
        expect_report_time::begin(evcc, now);
    } else {
        expect_plug::enter(evcc);
    }
}
