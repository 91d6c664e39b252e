//! Which request may come in which state, and who answers it.
//!
//! Not what the answers are: each state is a file of its own.
//!
//! | state | request | then |
//! |---|---|---|
//! | ExpectSessionSetup | SessionSetup | ExpectAuthorization; ended meanwhile: ExpectMeteringReceipt |
//! | ExpectAuthorization | Authorization | ExpectChargeParameterDiscovery |
//! | ExpectAuthorization | SessionStop | ExpectBatteryData |
//! | ExpectChargeParameterDiscovery | ChargeParameterDiscovery | ExpectPowerDelivery |
//! | ExpectChargeParameterDiscovery | SessionStop | ExpectBatteryData |
//! | ExpectPowerDelivery | PowerDelivery, start | ExpectChargingStatus |
//! | ExpectPowerDelivery | PowerDelivery, stop | ExpectMeteringReceipt |
//! | ExpectPowerDelivery | SessionStop | ExpectBatteryData |
//! | ExpectChargingStatus | ChargingStatus | ExpectChargingStatus |
//! | ExpectChargingStatus | PlugCheck | ExpectChargingStatus |
//! | ExpectChargingStatus | PowerDelivery, stop | ExpectMeteringReceipt |
//! | ExpectChargingStatus | PowerDelivery, renegotiate | ExpectChargeParameterDiscovery |
//! | ExpectMeteringReceipt | MeteringReceipt, give | ExpectCountersignature |
//! | ExpectMeteringReceipt | SessionStop | ExpectBatteryData |
//! | ExpectCountersignature | MeteringReceipt, countersign | ExpectSessionStop |
//! | ExpectCountersignature | SessionStop | ExpectBatteryData |
//! | ExpectSessionStop | SessionStop | ExpectBatteryData |
//! | ExpectBatteryData | BatteryData | ExpectBatteryData |
//! | every state | SessionSetup | as in ExpectSessionSetup: the car begins or resumes |
//!
//! Every other request in a state is refused with SequenceError and changes nothing. From
//! Authorization to SessionStop a request counts only from the car that the session is bound to.

use rand_core::CryptoRng;
use v2x_units::Instant;

use super::slot::Power;
use super::{
    Answer, Secc, SeccState, expect_authorization, expect_battery_data,
    expect_charge_parameter_discovery, expect_charging_status, expect_countersignature,
    expect_metering_receipt, expect_power_delivery, expect_session_setup, expect_session_stop,
    plug_check,
};
use crate::secure::{ChannelId, Credential};
use crate::v2g::message::{ChargeProgress, MeteringReceiptReq, Request, ResponseCode};

/// Who asks, when, and what is waited for from him.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) now: Instant,
    pub(super) channel: ChannelId,
    pub(super) state: SeccState,
    pub(super) car: &'a Credential,
}

/// Reads a request and gives it to the state that waits for it.
pub(super) fn carry_out(
    secc: &mut Secc,
    asked: Asked<'_>,
    kind: u8,
    body: &[u8],
    rng: &mut dyn CryptoRng,
) -> Answer {
    match Request::parse(kind, body) {
        Ok(Some(request)) => answer(secc, asked, request, rng),
        Ok(None) => Err(ResponseCode::SequenceError),
        Err(_) => Err(ResponseCode::Malformed),
    }
}

/// Gives a request to the state that waits for it.
pub(super) fn answer(
    secc: &mut Secc,
    asked: Asked<'_>,
    request: Request,
    rng: &mut dyn CryptoRng,
) -> Answer {
    use Request as R;
    use SeccState as S;
    let Asked {
        now,
        channel,
        state,
        car,
    } = asked;
    let request = match (state, request) {
        (_, R::SessionSetup(req)) => {
            return expect_session_setup::answer(secc, now, channel, car, req, rng);
        }
        (S::ExpectBatteryData, R::BatteryData(req)) => {
            return expect_battery_data::answer(secc, car, req);
        }
        (_, request) => request,
    };
    if !is_due(state, &request) {
        return Err(ResponseCode::SequenceError);
    }
    let name = &car.subject.name;
    let session = secc.session.as_mut().filter(|session| session.is_of(name));
    let session = session.ok_or(ResponseCode::UnknownSession)?;
    if session.power != Power::Off {
        session.since = now;
    }
    session.silence_told = false;
    match request {
        R::Authorization(_) => Ok(expect_authorization::answer()),
        R::ChargeParameterDiscovery(req) => {
            Ok(expect_charge_parameter_discovery::answer(secc, req))
        }
        R::PowerDelivery(req) => expect_power_delivery::answer(secc, now, car, req.progress),
        R::PlugCheck(req) => plug_check::answer(secc, now, req),
        R::ChargingStatus(req) => Ok(expect_charging_status::answer(secc, req)),
        R::MeteringReceipt(MeteringReceiptReq::Give) => {
            expect_metering_receipt::answer(secc, now, car)
        }
        R::MeteringReceipt(MeteringReceiptReq::Countersign(signature)) => {
            expect_countersignature::answer(secc, car, signature)
        }
        R::SessionStop(_) => Ok(expect_session_stop::answer(secc)),
        R::SessionSetup(_) | R::BatteryData(_) => Err(ResponseCode::SequenceError),
    }
}

/// The table at the top of this file, without the two rows that hold in other ways.
const fn is_due(state: SeccState, request: &Request) -> bool {
    use SeccState as S;
    match request {
        Request::Authorization(_) => matches!(state, S::ExpectAuthorization),
        Request::ChargeParameterDiscovery(_) => matches!(state, S::ExpectChargeParameterDiscovery),
        Request::PowerDelivery(req) => match req.progress {
            ChargeProgress::Start => matches!(state, S::ExpectPowerDelivery),
            ChargeProgress::Stop => {
                matches!(state, S::ExpectPowerDelivery | S::ExpectChargingStatus)
            }
            ChargeProgress::Renegotiate => matches!(state, S::ExpectChargingStatus),
        },
        Request::ChargingStatus(_) | Request::PlugCheck(_) => {
            matches!(state, S::ExpectChargingStatus)
        }
        Request::MeteringReceipt(MeteringReceiptReq::Give) => {
            matches!(state, S::ExpectMeteringReceipt)
        }
        Request::MeteringReceipt(MeteringReceiptReq::Countersign(_)) => {
            matches!(state, S::ExpectCountersignature)
        }
        Request::SessionStop(_) => !matches!(
            state,
            S::ExpectSessionSetup | S::ExpectChargingStatus | S::ExpectBatteryData
        ),
        Request::SessionSetup(_) | Request::BatteryData(_) => false,
    }
}
