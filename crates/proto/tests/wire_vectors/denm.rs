//! A DENM in the notation of the vectors.

use serde_json::{Value, json};
use v2x_proto::wire::denm::{
    Alacarte, DangerousGoods, DangerousGoodsClass, Denm, Location, Management, PositioningSolution,
    RelevanceDistance, RelevanceTrafficDirection, RoadType, Situation, StationarySince,
    StationaryVehicle, Termination,
};

use crate::data_dictionary::{
    action, bits, cause, delta_position, heading, path, present, reference_position, speed, steps,
};

pub(crate) fn written_out(denm: &Denm) -> Value {
    json!({
        "header": { "protocolVersion": 2, "messageID": 1, "stationID": denm.station.raw() },
        "denm": present(json!({
            "management": management(&denm.management),
            "situation": denm.situation.as_ref().map(situation),
            "location": denm.location.as_ref().map(location),
            "alacarte": denm.alacarte.as_ref().map(alacarte),
        })),
    })
}

fn management(management: &Management) -> Value {
    let validity = management.validity.raw();
    present(json!({
        "actionID": action(&management.action),
        "detectionTime": management.detection_time.as_millis(),
        "referenceTime": management.reference_time.as_millis(),
        "termination": management.termination.map(|it| match it {
            Termination::Cancellation => "isCancellation",
            Termination::Negation => "isNegation",
        }),
        "eventPosition": reference_position(&management.position),
        "relevanceDistance": management.relevance_distance.map(|it| match it {
            RelevanceDistance::LessThan50M => "lessThan50m",
            RelevanceDistance::LessThan100M => "lessThan100m",
            RelevanceDistance::LessThan200M => "lessThan200m",
            RelevanceDistance::LessThan500M => "lessThan500m",
            RelevanceDistance::LessThan1000M => "lessThan1000m",
            RelevanceDistance::LessThan5Km => "lessThan5km",
            RelevanceDistance::LessThan10Km => "lessThan10km",
            RelevanceDistance::Over10Km => "over10km",
        }),
        "relevanceTrafficDirection": management.relevance_direction.map(|it| match it {
            RelevanceTrafficDirection::All => "allTrafficDirections",
            RelevanceTrafficDirection::Upstream => "upstreamTraffic",
            RelevanceTrafficDirection::Downstream => "downstreamTraffic",
            RelevanceTrafficDirection::Opposite => "oppositeTraffic",
        }),
        "validityDuration": (validity != 600).then_some(validity),
        "transmissionInterval": management.transmission_interval.map(|it| it.raw()),
        "stationType": management.station_type.raw(),
    }))
}

fn situation(situation: &Situation) -> Value {
    let history = situation.history.as_ref().map(|points| {
        points
            .iter()
            .map(|point| {
                present(json!({
                    "eventPosition": delta_position(&point.position),
                    "eventDeltaTime": point.delta_time.map(|it| it.raw()),
                    "informationQuality": point.quality.raw(),
                }))
            })
            .collect::<Value>()
    });
    present(json!({
        "informationQuality": situation.quality.raw(),
        "eventType": cause(&situation.event),
        "linkedCause": situation.linked_cause.as_ref().map(cause),
        "eventHistory": history,
    }))
}

fn location(location: &Location) -> Value {
    present(json!({
        "eventSpeed": location.speed.as_ref().map(speed),
        "eventPositionHeading": location.heading.as_ref().map(heading),
        "traces": location.traces.iter().map(path).collect::<Value>(),
        "roadType": location.road_type.map(|it| match it {
            RoadType::UrbanUndivided => "urban-NoStructuralSeparationToOppositeLanes",
            RoadType::UrbanDivided => "urban-WithStructuralSeparationToOppositeLanes",
            RoadType::NonUrbanUndivided => "nonUrban-NoStructuralSeparationToOppositeLanes",
            RoadType::NonUrbanDivided => "nonUrban-WithStructuralSeparationToOppositeLanes",
        }),
    }))
}

fn alacarte(container: &Alacarte) -> Value {
    assert!(container.impact_reduction.is_none() && container.road_works.is_none());
    present(json!({
        "lanePosition": container.lane_position.map(|it| it.raw()),
        "externalTemperature": container.external_temperature.map(|it| steps(it.get().get(), 1.0)),
        "positioningSolution": container.positioning.map(|it| match it {
            PositioningSolution::GnssAndDeadReckoning => "sGNSSplusDR",
            other => panic!("no vector has {other:?}"),
        }),
        "stationaryVehicle": container.stationary_vehicle.as_ref().map(stationary_vehicle),
    }))
}

fn stationary_vehicle(vehicle: &StationaryVehicle) -> Value {
    present(json!({
        "stationarySince": vehicle.since.map(|it| match it {
            StationarySince::LessThan1Minute => "lessThan1Minute",
            StationarySince::LessThan2Minutes => "lessThan2Minutes",
            StationarySince::LessThan15Minutes => "lessThan15Minutes",
            StationarySince::AtLeast15Minutes => "equalOrGreater15Minutes",
        }),
        "stationaryCause": vehicle.cause.as_ref().map(cause),
        "carryingDangerousGoods": vehicle.dangerous_goods.as_ref().map(dangerous_goods),
        "numberOfOccupants": vehicle.occupants.map(|it| it.raw()),
        "vehicleIdentification": vehicle.identification.as_ref().map(|it| present(json!({
            "wMInumber": it.wmi.as_deref(),
            "vDS": it.vds.as_deref(),
        }))),
        "energyStorageType": vehicle.energy_storage.map(|it| bits(it.bits(), 7)),
    }))
}

fn dangerous_goods(goods: &DangerousGoods) -> Value {
    assert_eq!(goods.class, DangerousGoodsClass::FlammableLiquids);
    present(json!({
        "dangerousGoodsType": "flammableLiquids",
        "unNumber": goods.un_number.raw(),
        "elevatedTemperature": goods.elevated_temperature,
        "tunnelsRestricted": goods.tunnels_restricted,
        "limitedQuantity": goods.limited_quantity,
        "emergencyActionCode": goods.emergency_action_code.as_deref(),
        "phoneNumber": goods.phone_number.as_ref().map(|it| it.as_str()),
        "companyName": goods.company_name.as_deref(),
    }))
}
