//! Entered when power flows, and after each status. Accepts nothing from the station.
//! Leaves to ExpectPlugCheck or ExpectChargingStatus in time, to ExpectPowerDelivery when stopped
//! or set anew.

use v2x_units::Instant;

use super::{Evcc, EvccState, expect_charging_status, expect_plug_check, expect_power_delivery};
use crate::v2g::message::ChargeProgress;

/// Waits until `due`, unless something else is to be done first.
pub(super) fn enter(evcc: &mut Evcc, now: Instant, due: Instant) {
    evcc.state = EvccState::ExpectStatusTime;
    evcc.due = due;
    if evcc.session.stop.is_some() {
        expect_power_delivery::enter(evcc, now, ChargeProgress::Stop);
    }
}

/// What there is to be done now.
pub(super) fn run(evcc: &mut Evcc, now: Instant) {
    if evcc.renegotiate {
        evcc.renegotiate = false;
        expect_power_delivery::enter(evcc, now, ChargeProgress::Renegotiate);
    } else if evcc.due <= now && expect_plug_check::is_due(evcc) {
        expect_plug_check::enter(evcc, now);
    } else if evcc.due <= now {
        expect_charging_status::enter(evcc, now);
    }
}
