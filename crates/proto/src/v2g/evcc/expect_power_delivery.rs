//! Entered from ExpectChargeParameterDiscovery to start, from charging to stop or renegotiate.
//! Accepts PowerDeliveryRes.
//! Leaves to ExpectStatusTime, ExpectMeteringReceipt or ExpectChargeParameterDiscovery.

use v2x_units::Instant;

use super::{
    Evcc, EvccEvent, EvccState, StopReason, expect_charge_parameter_discovery,
    expect_metering_receipt, expect_status_time,
};
use crate::v2g::message::{ChargeProgress, PowerDeliveryReq};

pub(super) fn enter(evcc: &mut Evcc, now: Instant, progress: ChargeProgress) {
    let state = EvccState::ExpectPowerDelivery(progress);
    evcc.ask(now, PowerDeliveryReq { progress }, state);
    // Whether or not the answer arrives, power may flow from now on and a receipt be due.
    if progress == ChargeProgress::Start {
        evcc.session.powered = true;
    }
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant, progress: ChargeProgress) {
    match progress {
        ChargeProgress::Start => {
            evcc.tell(EvccEvent::PowerStarted);
            expect_status_time::enter(evcc, now, now);
        }
        ChargeProgress::Renegotiate => expect_charge_parameter_discovery::enter(evcc, now),
        ChargeProgress::Stop => {
            let reason = evcc.session.stop.unwrap_or(StopReason::Station);
            evcc.tell(EvccEvent::PowerStopped(reason));
            expect_metering_receipt::enter(evcc, now);
        }
    }
}
