//! What comes after what: which answer fits which state, and what follows from one that does not.
//!
//! Not what the answers mean: each state is a file of its own, and so are refusals (`refused.rs`).
//!
//! | state | waits for | then |
//! |---|---|---|
//! | ExpectPlug | the plug | ExpectStation |
//! | ExpectStation | a proven station | ExpectSessionSetup |
//! | ExpectSessionSetup | SessionSetupRes | ExpectAuthorization; ended meanwhile: ExpectMeteringReceipt; stopped before power: ExpectSessionStop |
//! | ExpectAuthorization | AuthorizationRes | ExpectChargeParameterDiscovery; stopped before power: ExpectSessionStop |
//! | ExpectChargeParameterDiscovery | ChargeParameterDiscoveryRes | ExpectPowerDelivery, to start or, stopped, to stop; stopped before power: ExpectSessionStop |
//! | ExpectPowerDelivery, start | PowerDeliveryRes | ExpectStatusTime; stopped: ExpectPowerDelivery, stop |
//! | ExpectStatusTime | 5 s | ExpectPlugCheck, once confirmed ExpectChargingStatus; stopped: ExpectPowerDelivery, stop; set anew: ExpectPowerDelivery, renegotiate |
//! | ExpectPlugCheck | PlugCheckRes | ExpectChargingStatus |
//! | ExpectChargingStatus | ChargingStatusRes | as ExpectStatusTime |
//! | ExpectPowerDelivery, renegotiate | PowerDeliveryRes | ExpectChargeParameterDiscovery |
//! | ExpectPowerDelivery, stop | PowerDeliveryRes | ExpectMeteringReceipt |
//! | ExpectMeteringReceipt | MeteringReceiptRes with the receipt | ExpectReceiptKept; disputed: ExpectSessionStop |
//! | ExpectReceiptKept | MeteringReceiptRes | ExpectSessionStop |
//! | ExpectSessionStop | SessionStopRes | ExpectUnplug; plug out: ExpectReportTime or, not permitted, ExpectPlug; not known of another plugging-in: ExpectPlug |
//! | ExpectUnplug | the plug to be out | ExpectReportTime or, not permitted, ExpectPlug |
//! | ExpectReportTime | 5 s | ExpectBatteryData; far away: ExpectPlug; plugged: ExpectSessionSetup |
//! | ExpectBatteryData | BatteryDataRes | ExpectReportTime; silence: ExpectPlug; plugged: ExpectSessionSetup |
//!
//! Every other answer in a state is a sequence error: the station is passed over and another is
//! called. A refusal may come in any state that waits for an answer (`refused.rs`). Silence for
//! 10 s in any of them leads to ExpectStation and, by the session's number, back.

use v2x_units::Instant;

use super::{
    Evcc, EvccEvent, EvccState, Plug, expect_authorization, expect_battery_data,
    expect_charge_parameter_discovery, expect_charging_status, expect_metering_receipt,
    expect_plug, expect_plug_check, expect_power_delivery, expect_receipt_kept,
    expect_session_setup, expect_session_stop, refused,
};
use crate::v2g::message::Response;

/// Reads an answer and gives it to the state that waits for it.
pub(super) fn take(evcc: &mut Evcc, now: Instant, kind: u8, body: &[u8]) {
    match Response::parse(kind, body) {
        Ok(Some(Response::Refusal(refusal))) => refused::take(evcc, now, refusal.code),
        Ok(Some(response)) => answer(evcc, now, kind, response),
        Ok(None) | Err(_) => sequence_error(evcc, now, kind),
    }
}

/// Gives an answer to the state that waits for it.
pub(super) fn answer(evcc: &mut Evcc, now: Instant, kind: u8, response: Response) {
    use EvccState as S;
    use Response as R;
    match (evcc.state, response) {
        (S::ExpectSessionSetup, R::SessionSetup(res)) => {
            expect_session_setup::answer(evcc, now, res);
        }
        (S::ExpectAuthorization, R::Authorization(_)) => {
            expect_authorization::answer(evcc, now);
        }
        (S::ExpectChargeParameterDiscovery, R::ChargeParameterDiscovery(res)) => {
            expect_charge_parameter_discovery::answer(evcc, now, res);
        }
        (S::ExpectPowerDelivery(progress), R::PowerDelivery(_)) => {
            expect_power_delivery::answer(evcc, now, progress);
        }
        (S::ExpectPlugCheck, R::PlugCheck(res)) => expect_plug_check::answer(evcc, now, res),
        (S::ExpectChargingStatus, R::ChargingStatus(res)) => {
            expect_charging_status::answer(evcc, now, &res);
        }
        (S::ExpectMeteringReceipt, R::MeteringReceipt(res)) => {
            return expect_metering_receipt::answer(evcc, now, res);
        }
        (S::ExpectReceiptKept, R::MeteringReceipt(res)) => {
            return expect_receipt_kept::answer(evcc, now, &res);
        }
        (S::ExpectSessionStop, R::SessionStop(_)) => expect_session_stop::answer(evcc, now),
        (S::ExpectBatteryData, R::BatteryData(_)) => expect_battery_data::answer(evcc),
        _ => return sequence_error(evcc, now, kind),
    }
    evcc.session.out_of_sequence = 0;
}

/// A station that breaks the order is left alone for a while.
pub(super) fn sequence_error(evcc: &mut Evcc, now: Instant, message_type: u8) {
    let state = evcc.state;
    evcc.tell(EvccEvent::SequenceError {
        state,
        message_type,
    });
    call_another(evcc, now);
}

/// Leaves the station alone for a while; another may have the plug.
pub(super) fn call_another(evcc: &mut Evcc, now: Instant) {
    evcc.initiator.pass_over(now);
    call_next(evcc);
}

/// The station is passed over; another may have the plug.
pub(super) fn call_next(evcc: &mut Evcc) {
    if evcc.plug == Plug::In || evcc.session.id.is_some() {
        evcc.state = EvccState::ExpectStation;
    } else {
        expect_plug::enter(evcc);
    }
}
