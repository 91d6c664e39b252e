//! Entered every 5 s while power flows. Accepts ChargingStatusRes.
//! Leaves to ExpectStatusTime, or to ExpectPowerDelivery when the cost limit is reached or the
//! station wants an end.

use v2x_units::Instant;

use super::{Evcc, EvccEvent, EvccState, StopReason, expect_status_time};
use crate::deadlines::CHARGING_STATUS_PERIOD;
use crate::v2g::message::{ChargingStatusReq, ChargingStatusRes, MeterReading, Notification};

pub(super) fn enter(evcc: &mut Evcc, now: Instant) {
    evcc.due = now + CHARGING_STATUS_PERIOD;
    let battery = evcc.battery;
    evcc.ask(
        now,
        ChargingStatusReq { battery },
        EvccState::ExpectChargingStatus,
    );
}

pub(super) fn answer(evcc: &mut Evcc, now: Instant, res: &ChargingStatusRes) {
    evcc.tell(EvccEvent::Status(res.meter));
    if costs_too_much(evcc, &res.meter) {
        evcc.session.stop.get_or_insert(StopReason::CostLimit);
    }
    match res.notification {
        Notification::None => {}
        Notification::StopCharging => {
            evcc.session.stop.get_or_insert(StopReason::Station);
        }
        Notification::Renegotiation => evcc.renegotiate = true,
    }
    let due = evcc.due;
    expect_status_time::enter(evcc, now, due);
}

/// Whether the limit is reached; a cost that cannot be compared with it counts as reached.
fn costs_too_much(evcc: &Evcc, meter: &MeterReading) -> bool {
    match (evcc.settings.cost_limit, meter.cost) {
        (Some(limit), Some(cost)) => cost.compare(&limit).is_none_or(|order| order.is_ge()),
        _ => false,
    }
}
