//! Accepts BatteryDataReq of a car that has left its plug and whose owner agreed. Stays.

use super::{Answer, Secc, SeccEvent, SeccState};
use crate::secure::Credential;
use crate::v2g::message::{BatteryDataReq, BatteryDataRes, ResponseCode};

pub(super) fn answer(secc: &mut Secc, car: &Credential, req: BatteryDataReq) -> Answer {
    if !car.subject.battery_data_after_unplugging {
        return Err(ResponseCode::NotPermitted);
    }
    secc.tell(SeccEvent::BatteryData(car.subject.name.clone(), req));
    Ok((BatteryDataRes.into(), SeccState::ExpectBatteryData))
}
