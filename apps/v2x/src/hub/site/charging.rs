//! Slots and sessions, as far as stations tell of them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use v2x_store::hub::EpisodeRow;
use v2x_units::UtcTime;
use v2x_web::types::{Reading, Session, Slot};

use super::super::Hub;
use super::super::fleet::Known;
use super::shown::{number, text};

/// What a slot's meter shows.
const MEASURED: [&str; 6] = [
    "voltage",
    "current",
    "power",
    "energy",
    "frequency",
    "power_factor",
];
/// Slots of one station.
const SLOTS_MAX: u32 = 16;

/// A session as an episode tells of it; while it goes on, with the newest energy and cost of its
/// slot.
pub(super) fn session(hub: &Hub, row: &EpisodeRow) -> Session {
    let number = |key| number(&row.detail, key);
    let slot = row.detail.get("slot").and_then(Json::as_u64).unwrap_or(0);
    let slot = u32::try_from(slot).unwrap_or(0);
    let is_over = row.end.is_some();
    let station = hub.fleet.get(row.device).filter(|_| !is_over);
    let now = |key: &str| {
        let station = station.as_ref()?;
        let of_slot = station.latest.get(&format!("session_{key}_slot{slot}"));
        let stamped = of_slot.or_else(|| station.latest.get(&format!("session_{key}")))?;
        // What was said before it began is of another session.
        let is_of_it = row.start.is_none_or(|start| stamped.ts >= start);
        stamped.value.as_f64().filter(|_| is_of_it)
    };
    let watt_hours = |kwh: Option<f64>| kwh.map(|kwh| kwh * 1000.0);
    let energy = number("final_energy").or_else(|| now("energy"));
    let cost = number("final_cost").or_else(|| now("cost"));
    let state = if is_over { "ended" } else { "charging" };
    Session {
        id: row.id.clone(),
        station: row.device.to_string(),
        slot,
        vehicle: text(&row.detail, "vehicle"),
        start: row.start.map(UtcTime::as_millis),
        end: row.end.map(UtcTime::as_millis),
        energy_wh: watt_hours(energy),
        doubtful_energy_wh: watt_hours(number("doubtful_energy")),
        cost: cost.map(|cost| format!("{cost:.2}")),
        currency: text(&row.detail, "currency").or_else(|| currency(station.as_ref()?)),
        state: state.to_owned(),
        end_reason: text(&row.detail, "reason"),
        receipt: false,
    }
}

fn currency(known: &Known) -> Option<String> {
    text(&known.client, "currency")
}

/// The slots of a station: from the devices behind it, else from its own keys.
pub(super) fn slots(station: &Known, behind: &[Known], sessions: &[EpisodeRow]) -> Vec<Slot> {
    let total = station
        .client
        .get("total_slots")
        .or_else(|| station.latest.get("total_slots").map(|it| &it.value));
    let total = total.and_then(Json::as_u64).unwrap_or(1);
    let total = u32::try_from(total).unwrap_or(1).clamp(1, SLOTS_MAX);
    (1..=total)
        .map(|number| slot(station, behind, sessions, (number, total)))
        .collect()
}

fn slot(
    station: &Known,
    behind: &[Known],
    sessions: &[EpisodeRow],
    (number, total): (u32, u32),
) -> Slot {
    let device = behind.iter().find(|known| {
        let has = known.client.get("slot").and_then(Json::as_u64);
        has == Some(number.into())
    });
    let suffix = if total == 1 {
        String::new()
    } else {
        format!("_slot{number}")
    };
    let of = |key: &str| match device {
        Some(device) => device.latest.get(key),
        None => station.latest.get(&format!("{key}{suffix}")),
    };
    let reading = |key: &str| {
        of(key).map(|stamped| Reading {
            ts: stamped.ts.as_millis(),
            value: stamped.value.clone(),
        })
    };
    let values: BTreeMap<String, Reading> = MEASURED
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), reading(key)?)))
        .collect();
    let word = |key: &str| of(key)?.value.as_str().map(str::to_owned);
    let open = sessions.iter().find(|row| {
        let of_slot = row.detail.get("slot").and_then(Json::as_u64);
        row.end.is_none() && of_slot == Some(number.into())
    });
    let available = device.map_or_else(
        || {
            let key = match total {
                1 => "slots_available".to_owned(),
                _ => format!("slot{number}_available"),
            };
            station.latest.get(&key)?.value.as_bool()
        },
        |device| device.latest.get("available")?.value.as_bool(),
    );
    let state = word("state").unwrap_or_else(|| match (open.is_some(), available) {
        (true, _) => "Charging".to_owned(),
        (false, Some(true)) => "Available".to_owned(),
        (false, _) => "starting".to_owned(),
    });
    Slot {
        number,
        name: device.map_or_else(|| format!("{number}"), |device| device.row.name.clone()),
        state,
        reason: word("state_reason"),
        vehicle_connected: of("vehicle_connected").and_then(|it| it.value.as_bool()),
        available,
        values,
        session: open.map(|row| open_session(station, row, &of)),
        verdict: word("meter_verdict"),
    }
}

/// The open session of a slot, with what the slot says of it now.
fn open_session<'a>(
    station: &Known,
    row: &EpisodeRow,
    of: &impl Fn(&str) -> Option<&'a v2x_roles::hub::Stamped>,
) -> Session {
    let now = |key: &str| {
        let stamped = of(key)?;
        let is_of_it = row.start.is_none_or(|start| stamped.ts >= start);
        stamped.value.as_f64().filter(|_| is_of_it)
    };
    let slot = row.detail.get("slot").and_then(Json::as_u64).unwrap_or(0);
    Session {
        id: row.id.clone(),
        station: station.row.id.to_string(),
        slot: u32::try_from(slot).unwrap_or(0),
        vehicle: text(&row.detail, "vehicle"),
        start: row.start.map(UtcTime::as_millis),
        end: None,
        energy_wh: now("session_energy").map(|kwh| kwh * 1000.0),
        doubtful_energy_wh: now("session_doubtful_energy").map(|kwh| kwh * 1000.0),
        cost: now("session_cost").map(|cost| format!("{cost:.2}")),
        currency: currency(station),
        state: "charging".to_owned(),
        end_reason: None,
        receipt: false,
    }
}
