//! EVCSN and EV-RSR in the notation of the vectors.

use serde_json::{Value, json};
use v2x_proto::wire::ev_rsr::{Availability, Body, EvRsr};
use v2x_proto::wire::evcsn::{ChargingSpot, ChargingStation, Evcsn};

use crate::data_dictionary::{bits, present, reference_position};

pub(crate) fn evcsn(message: &Evcsn) -> Value {
    json!({
        "header": {
            "protocolVersion": message.protocol_version.raw(),
            "messageID": 11,
            "stationID": message.station.raw(),
        },
        "evcsn": {
            "poiHeader": {
                "poiType": message.poi_type.raw(),
                "timeStamp": message.time.as_millis(),
                "relayCapable": message.relay_capable,
            },
            "evcsnData": {
                "totalNumberOfStations": message.total_stations.raw(),
                "chargingStationsData": message.stations.iter().map(station).collect::<Value>(),
            },
        },
    })
}

fn station(station: &ChargingStation) -> Value {
    let digital_map = station.digital_map.as_ref();
    present(json!({
        "chargingStationID": station.id.raw(),
        "utilityDistributorId": station.utility_distributor.as_deref(),
        "providerID": station.provider.as_deref(),
        "chargingStationLocation": reference_position(&station.location),
        "address": station.address.as_deref(),
        "phoneNumber": station.phone_number.as_ref().map(|it| it.as_str()),
        "accessibility": *station.accessibility,
        "digitalMap": digital_map.map(|map| map.iter().map(reference_position).collect::<Value>()),
        "openingDaysHours": *station.opening_hours,
        "pricing": *station.pricing,
        "bookingContactInfo": station.booking_contact.as_deref(),
        "payment": station.payment.as_deref(),
        "chargingSpotsAvailable": station.spots.iter().map(spot).collect::<Value>(),
    }))
}

fn spot(spot: &ChargingSpot) -> Value {
    let modes: String = (0..16)
        .map(|bit| {
            if spot.modes.bits() & 1 << bit == 0 {
                '0'
            } else {
                '1'
            }
        })
        .collect();
    let receptacle = spot.receptacle.bits().iter();
    let places = spot.parking_places.as_ref().map(|places| {
        places
            .iter()
            .map(|place| {
                json!({
                    "maxWaitingTimeMinutes": place.max_waiting.raw(),
                    "blocking": place.blocking,
                })
            })
            .collect::<Value>()
    });
    present(json!({
        "type": modes.trim_end_matches('0'),
        "evEquipmentID": spot.equipment_id.as_deref(),
        "typeOfReceptacle": receptacle.map(|bit| if *bit { '1' } else { '0' }).collect::<String>(),
        "energyAvailability": *spot.energy_availability,
        "parkingPlacesData": places,
    }))
}

pub(crate) fn ev_rsr(message: &EvRsr) -> Value {
    let body = match &message.body {
        Body::PreReservationRequest(request) => json!({
            "preReservationRequestMessage": present(json!({
                "evse-ID": request.evse_id.iter().map(|it| format!("{it:02x}")).collect::<String>(),
                "arrivalTime": request.arrival.0,
                "departureTime": request.departure.map(|it| it.0),
                "rechargingType": {
                    "rechargingMode": request.mode.raw(),
                    "powerSource": request.power_source.raw(),
                },
                "batteryType": request.battery_type.as_deref(),
            }))
        }),
        Body::PreReservationResponse(response) => json!({
            "preReservationResponseMessage": {
                "preReservation-ID": *response.id,
                "availabilityStatus": match response.availability {
                    Availability::Available => "available",
                    Availability::NoFreeCapacity => "no-free-capacity",
                },
                "preReservationExpirationTime": response.expiration.0,
                "supportedPaymentTypes": bits(response.payment_types.bits(), 2),
            }
        }),
    };
    json!({
        "header": {
            "protocolVersion": message.protocol_version.raw(),
            "messageID": 7,
            "stationID": message.station.raw(),
        },
        "messageBody": body,
    })
}
