//! Drives, charges, the battery and the track, out of the store.

use v2x_roles::vehicle::{
    CapacityEstimate, Charge as ChargeRecord, DistanceSource, Trip as TripRecord,
};
use v2x_units::{Meters, StateOfCharge, UtcTime, WattHours};
use v2x_web::Answer;
use v2x_web::site::{EachPoint, Period};
use v2x_web::types::{BatteryHealth, Charge, TrackPoint, Trip};

use super::receipts::{self, Paid};
use crate::site::{Readers, ms, object};
use crate::vehicle::telemetry::SOURCE;

/// Drives or charges in one answer.
const EPISODES: usize = 1000;

fn utc(of: Period) -> (UtcTime, UtcTime) {
    (UtcTime::from_millis(of.from), UtcTime::from_millis(of.to))
}

/// Where the car was.
pub(super) fn track(readers: &Readers, of: Period, each: EachPoint<'_>) -> Answer<()> {
    let (from, to) = utc(of);
    readers.ask(|store| {
        store.each_good_fix(from, to, |row| {
            each(TrackPoint {
                ts: ms(row.at),
                latitude: row.fix.position.latitude().get(),
                longitude: row.fix.position.longitude().get(),
                altitude_m: row.fix.altitude.map(Meters::get),
                speed_kmh: row.fix.speed.map(v2x_units::KilometersPerHour::get),
            })
        })
    })
}

/// Drives, newest first; what may still turn out to be none is left out.
pub(super) fn trips(readers: &Readers, of: Period) -> Answer<Vec<Trip>> {
    let (from, to) = utc(of);
    let trips = readers.ask(|store| store.trips_between(from, to, EPISODES))?;
    let confirmed = trips.iter().filter(|trip| trip.is_confirmed());
    Ok(confirmed.map(trip).collect())
}

fn trip(trip: &TripRecord) -> Trip {
    let (from, to) = trip.soc();
    let flow = trip.flow();
    let distance = trip.distance();
    Trip {
        id: trip.id().to_string(),
        start: ms(trip.started()),
        end: trip.end().map(|_| ms(trip.last_motion())),
        distance_km: distance.map(|(way, _)| way.get()),
        energy_out_wh: flow.energy_out().map(WattHours::get),
        energy_regenerated_wh: flow.energy_in().map(WattHours::get),
        wh_per_km: trip.consumption(),
        max_speed_kmh: trip.fastest().map(v2x_units::KilometersPerHour::get),
        soc_from: from.map(StateOfCharge::percent),
        soc_to: to.map(StateOfCharge::percent),
        source: distance.map(|(_, source)| {
            let word = match source {
                DistanceSource::Odometer => "odometer",
                DistanceSource::Gnss => "gnss",
            };
            word.to_owned()
        }),
    }
}

/// Charges, newest first, each with the station's receipt where there is one.
pub(super) fn charges(readers: &Readers, of: Period) -> Answer<Vec<Charge>> {
    let (from, to) = utc(of);
    let charges = readers.ask(|store| store.charges_between(from, to, EPISODES))?;
    let confirmed: Vec<_> = charges.iter().filter(|it| it.is_confirmed()).collect();
    let receipts = receipts::of_charges(readers, &confirmed)?;
    let shown = confirmed.iter().zip(&receipts);
    Ok(shown.map(|(it, paid)| charge(it, paid.as_ref())).collect())
}

fn charge(charge: &ChargeRecord, paid: Option<&Paid>) -> Charge {
    let (from, to) = charge.soc();
    let energy = charge.flow().energy_in().map(WattHours::get);
    let receipt = paid.map(|paid| &paid.receipt);
    let station_energy = receipt.and_then(|it| it.energy).map(WattHours::get);
    let cost = receipt.and_then(|it| it.cost.as_deref()?.split_once(' '));
    // Of two charges under one receipt nobody knows what the station gave to which.
    let comparable = station_energy.filter(|_| paid.is_some_and(|paid| paid.is_alone));
    Charge {
        id: charge.id().to_string(),
        start: ms(charge.started()),
        end: charge.end().map(|_| ms(charge.last_charging())),
        energy_wh: energy,
        soc_from: from.map(StateOfCharge::percent),
        soc_to: to.map(StateOfCharge::percent),
        // The record keeps the strongest current, and no power.
        max_power_w: None,
        inferred: charge.is_inferred(),
        cause: charge.end().map(|cause| word(&cause)),
        station_energy_wh: station_energy,
        efficiency: energy
            .zip(comparable.filter(|energy| *energy > 0.0))
            .map(|(car, station)| car / station),
        cost: cost.map(|(amount, _)| amount.to_owned()),
        currency: cost.map(|(_, currency)| currency.to_owned()),
    }
}

/// An enum's variant as its record has it.
fn word(variant: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(variant).unwrap_or_default();
    json.trim_matches('"').to_owned()
}

/// The battery's health: a point for each charge that was long enough to measure its capacity, and
/// one for now, if the car says something of it.
pub(super) fn battery(readers: &Readers) -> Answer<Vec<BatteryHealth>> {
    let (charges, newest) = readers.ask(|store| {
        let charges = store.charges(UtcTime::from_millis(0), usize::MAX)?;
        Ok((charges, store.newest_row(SOURCE)?))
    })?;
    let of_charge = |charge: &ChargeRecord| {
        let capacity = CapacityEstimate::of(charge)?;
        Some(BatteryHealth {
            ts: ms(charge.last_charging()),
            capacity_ah: Some(capacity.full.get()),
            soh_percent: None,
            cell_spread_v: None,
        })
    };
    let mut points: Vec<_> = charges.iter().filter_map(of_charge).collect();
    points.extend(newest.and_then(|(ts, text)| now(ts, &text)));
    Ok(points)
}

fn now(ts: i64, text: &str) -> Option<BatteryHealth> {
    let row = object(text);
    let number = |key: &str| row.get(key).and_then(serde_json::Value::as_f64);
    let spread = number("cell_voltage_max").zip(number("cell_voltage_min"));
    let point = BatteryHealth {
        ts,
        capacity_ah: None,
        soh_percent: number("state_of_health"),
        cell_spread_v: spread.map(|(highest, lowest)| highest - lowest),
    };
    (point.soh_percent.is_some() || point.cell_spread_v.is_some()).then_some(point)
}
