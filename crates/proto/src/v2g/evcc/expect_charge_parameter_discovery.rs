//! Entered from ExpectAuthorization, and from renegotiation.
//! Accepts ChargeParameterDiscoveryRes.
//! Leaves to ExpectPowerDelivery, or to ExpectSessionStop when stopped before power.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, expect_power_delivery, expect_session_stop};
use crate::v2g::evcc::StopReason;
use crate::v2g::message::{
    ChargeParameterDiscoveryReq, ChargeParameterDiscoveryRes, ChargeProgress,
};

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    evcc.renegotiate = false;
    let request = ChargeParameterDiscoveryReq {
        state_of_charge: evcc.battery.state_of_charge,
        capacity: evcc.settings.capacity,
        desired_state_of_charge: evcc.battery.desired_state_of_charge,
        departure: evcc.settings.departure,
        max_current: evcc.settings.max_current,
        cost_limit: evcc.settings.cost_limit,
    };
    evcc.ask(now, request, EvccState::ExpectChargeParameterDiscovery);
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant, offer: ChargeParameterDiscoveryRes) {
    evcc.session.station_position = offer.position;
    // A limit in one currency says nothing about a price in another, so it counts as reached.
    if let (Some(limit), Some(price)) = (evcc.settings.cost_limit, offer.price_per_kwh)
        && limit.currency() != price.currency()
    {
        evcc.session.stop.get_or_insert(StopReason::CostLimit);
    }
    if evcc.is_full() {
        let reason = StopReason::DesiredStateOfCharge;
        evcc.session.stop.get_or_insert(reason);
    }
    evcc.tell(EvccEvent::Offer(offer));
    match (evcc.session.stop, evcc.session.powered) {
        (None, _) => expect_power_delivery::enter(evcc, now, ChargeProgress::Start),
        (Some(_), true) => expect_power_delivery::enter(evcc, now, ChargeProgress::Stop),
        (Some(_), false) => expect_session_stop::enter(evcc, now),
    }
}
