//! What a DENM of the own car says.
//!
//! | event | cause | relevant | traces | besides |
//! |---|---|---|---|---|
//! | emergency braking | 99/1 | 200 m, upstream | own path | speed, heading |
//! | stationary vehicle | 94/0, with a fault 94/2 | 500 m, upstream | own path | since when, cause, electric |
//! | breakdown | 91 and the fault | 500 m, upstream | own path | speed, heading |
//! | limp | 26/0, linked to 91/2 | 500 m, upstream | own path | speed, heading |

use alloc::vec::Vec;
use core::time::Duration;

use super::cam_content;
use super::input::{Fault, V2vSettings};
use super::own::OwnNow;
use super::own_events::OwnEventKind;
use crate::wire::denm::{
    Alacarte, Denm, EnergyStorage, InformationQuality, Location, Management, RelevanceDistance,
    RelevanceTrafficDirection, Situation, StationarySince, StationaryVehicle, Termination,
    TransmissionInterval, ValidityDuration,
};
use crate::wire::its_time::ItsTime;
use crate::wire::reference_position::{PathPoint, ReferencePosition};
use crate::wire::station::{ActionId, CauseCode, StationId};
use crate::wire::{List, WireError};

/// The cause of a vehicle breakdown.
const BREAKDOWN: u8 = 91;

/// An event of the own car as it is to be told.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnEvent {
    pub(super) kind: OwnEventKind,
    pub(super) action: ActionId,
    pub(super) detection: ItsTime,
    pub(super) reference: ItsTime,
    pub(super) lasts: Duration,
    pub(super) fault: Option<Fault>,
}

/// Tells an event.
pub(super) fn event(
    event: &OwnEvent,
    car: &OwnNow,
    path: Vec<PathPoint>,
    settings: &V2vSettings,
) -> Result<Denm, WireError> {
    let management = Management {
        termination: None,
        relevance_distance: Some(match event.kind {
            OwnEventKind::EmergencyBraking => RelevanceDistance::LessThan200M,
            _ => RelevanceDistance::LessThan500M,
        }),
        relevance_direction: Some(RelevanceTrafficDirection::Upstream),
        transmission_interval: Some(TransmissionInterval::new(millis(event.kind.period()))?),
        ..management(
            event.action,
            event.detection,
            event.reference,
            event.kind,
            car,
            settings,
        )?
    };
    let stands = event.kind == OwnEventKind::Stationary;
    Ok(Denm {
        station: event.action.originator,
        management,
        situation: Some(Situation {
            quality: InformationQuality::new(quality(event))?,
            event: cause(event),
            linked_cause: (event.kind == OwnEventKind::Limp)
                .then_some(CauseCode::LACK_OF_BATTERY_POWER),
            history: None,
        }),
        location: Some(Location {
            speed: (!stands).then(|| cam_content::speed(car)),
            heading: Some(cam_content::heading(car)),
            traces: List::new("traces", Vec::from([List::new("trace", path)?]))?,
            road_type: None,
        }),
        alacarte: stands.then(|| Alacarte {
            stationary_vehicle: Some(StationaryVehicle {
                since: Some(since(event.lasts)),
                cause: event.fault.map(fault_cause),
                energy_storage: Some(EnergyStorage::ELECTRIC),
                ..StationaryVehicle::default()
            }),
            ..Alacarte::default()
        }),
    })
}

/// Tells the end of an event: of our own, or of another's that is not there.
pub(super) fn end(
    sender: StationId,
    action: ActionId,
    now: ItsTime,
    place: ReferencePosition,
    settings: &V2vSettings,
) -> Denm {
    let own = action.originator == sender;
    Denm {
        station: sender,
        management: Management {
            action,
            detection_time: now,
            reference_time: now,
            termination: Some(if own {
                Termination::Cancellation
            } else {
                Termination::Negation
            }),
            position: place,
            relevance_distance: None,
            relevance_direction: None,
            validity: ValidityDuration::new(END_VALIDITY_S).unwrap_or_default(),
            transmission_interval: None,
            station_type: settings.station_type,
        },
        situation: None,
        location: None,
        alacarte: None,
    }
}

/// For how long the end of an event is valid: as long as the event would have been.
const END_VALIDITY_S: i64 = 60;

fn management(
    action: ActionId,
    detection_time: ItsTime,
    reference_time: ItsTime,
    kind: OwnEventKind,
    car: &OwnNow,
    settings: &V2vSettings,
) -> Result<Management, WireError> {
    let seconds = i64::try_from(kind.validity().as_secs()).unwrap_or(i64::MAX);
    Ok(Management {
        action,
        detection_time,
        reference_time,
        termination: None,
        position: cam_content::position(car),
        relevance_distance: None,
        relevance_direction: None,
        validity: ValidityDuration::new(seconds)?,
        transmission_interval: None,
        station_type: settings.station_type,
    })
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

const fn fault_cause(fault: Fault) -> CauseCode {
    CauseCode::new(BREAKDOWN, fault.sub_cause())
}

const fn cause(event: &OwnEvent) -> CauseCode {
    match (event.kind, event.fault) {
        (OwnEventKind::EmergencyBraking, _) => CauseCode::EMERGENCY_BRAKE,
        (OwnEventKind::Stationary, Some(_)) => CauseCode::STATIONARY_BREAKDOWN,
        (OwnEventKind::Stationary, None) => CauseCode::STATIONARY_VEHICLE,
        (OwnEventKind::Breakdown, Some(fault)) => fault_cause(fault),
        (OwnEventKind::Breakdown, None) => CauseCode::new(BREAKDOWN, 0),
        (OwnEventKind::Limp, _) => CauseCode::SLOW_VEHICLE,
    }
}

/// How sure the car is: of what it measures itself, rather sure; of hazard lights, less.
const fn quality(event: &OwnEvent) -> i64 {
    match (event.kind, event.fault) {
        (OwnEventKind::Stationary, None) => 4,
        _ => 6,
    }
}

const fn since(lasts: Duration) -> StationarySince {
    match lasts.as_secs() {
        0..60 => StationarySince::LessThan1Minute,
        60..120 => StationarySince::LessThan2Minutes,
        120..900 => StationarySince::LessThan15Minutes,
        _ => StationarySince::AtLeast15Minutes,
    }
}
