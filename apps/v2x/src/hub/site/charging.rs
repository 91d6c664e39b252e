//! Slots and sessions, as far as stations tell of them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use v2x_store::hub::EpisodeRow;
use v2x_tariff::Currency;
use v2x_units::UtcTime;
use v2x_web::types::{Reading, Session, SessionDetail, Slot};
use v2x_web::{Said, Sentence};

use super::super::Hub;
use super::super::fleet::Known;
use super::receipts::{self, Receipts};
use super::shown::{number, text};
use crate::commands::session::in_full;
use crate::site::bill;
use crate::site::month::Ended;

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
pub(super) fn session(hub: &Hub, row: &EpisodeRow, receipts: &Receipts) -> Session {
    let receipt = receipts.of(row);
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
    let currency = text(&row.detail, "currency").or_else(|| currency(station.as_ref()?));
    Session {
        id: row.id.clone(),
        station: row.device.to_string(),
        slot,
        vehicle: receipt.and_then(receipts::vehicle),
        start: row.start.map(UtcTime::as_millis),
        end: row.end.map(UtcTime::as_millis),
        energy_wh: watt_hours(energy),
        doubtful_energy_wh: watt_hours(number("doubtful_energy")),
        cost: cost.map(|cost| money(cost, currency.as_deref())),
        currency,
        state: state.to_owned(),
        end_reason: text(&row.detail, "reason"),
        receipt: receipt.is_some(),
    }
}

/// An amount as a station tells it, in thousandths, with the digits of its currency.
pub(super) fn money(amount: f64, currency: Option<&str>) -> String {
    let text = format!("{amount:.3}");
    match currency.and_then(Currency::from_code) {
        Some(currency) => in_full(Some(currency), &text),
        None => text.strip_suffix('0').unwrap_or(&text).to_owned(),
    }
}

/// A session with what its station told of it.
pub(super) fn detail(hub: &Hub, row: &EpisodeRow, receipts: &Receipts) -> SessionDetail {
    let session = session(hub, row, receipts);
    let tariff = text(&row.detail, "tariff");
    let mut told = Vec::new();
    if let (Some(tariff), Some(_)) = (&tariff, session.start) {
        told.push(format!(
            "The station began the session under the tariff {tariff}."
        ));
    }
    if let Some(reason) = &session.end_reason {
        told.push(match number(&row.detail, "duration_s") {
            Some(seconds) => {
                let minutes = (seconds / 60.0).floor();
                let seconds = seconds - minutes * 60.0;
                format!("It ended after {minutes:.0} min {seconds:.0} s: {reason}.")
            }
            None => format!("It ended: {reason}."),
        });
    }
    if let (Some(energy), Some(cost), Some(currency)) =
        (session.energy_wh, &session.cost, &session.currency)
    {
        let kwh = energy / 1000.0;
        told.push(format!(
            "The station charged {cost} {currency} for {kwh:.3} kWh."
        ));
    }
    if let Some(doubtful) = session
        .doubtful_energy_wh
        .filter(|doubtful| *doubtful > 0.0)
    {
        told.push(format!(
            "Of {:.3} kWh the meter was not believed, and they are not charged for.",
            doubtful / 1000.0
        ));
    }
    if let Some(why) = text(&row.detail, "unbilled") {
        told.push(format!("There is no bill: {why}."));
    }
    let lines = row.detail.get("bill").and_then(bill::heard);
    if lines.is_none() && session.cost.is_some() && session.end.is_some() {
        told.push(
            "The station sent the sum and not the lines of its bill: they are at its own \
             dashboard and in `v2x session` there."
                .to_owned(),
        );
    }
    let currency = session.currency.as_deref();
    let lines = lines.map(|lines| bill::shown(&lines, currency));
    SessionDetail {
        lines: lines.unwrap_or_default(),
        samples_from: session.start,
        samples_to: session.end,
        tariff,
        explanation: told.into_iter().map(Sentence::of).collect(),
        session,
    }
}

/// A session that ended, for the month's report.
pub(super) fn ended(row: &EpisodeRow, receipts: &Receipts, slots: &[Known]) -> Option<Ended> {
    row.end?;
    let slot = row.detail.get("slot").and_then(Json::as_u64).unwrap_or(0);
    let is_it = |known: &&Known| known.client.get("slot").and_then(Json::as_u64) == Some(slot);
    let name = slots.iter().find(is_it).map(|known| known.row.name.clone());
    let receipt = receipts.of(row);
    let currency = text(&row.detail, "currency");
    let cost = number(&row.detail, "final_cost");
    let cost = cost.map(|cost| money(cost, currency.as_deref()));
    let kwh = number(&row.detail, "final_energy").filter(|kwh| *kwh >= 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole and not negative, and `as` stops at the largest"
    )]
    let milliwatt_hours = kwh.map(|kwh| (kwh * 1e6).round() as u64);
    Some(Ended {
        slot: name.unwrap_or_else(|| slot.to_string()),
        vehicle: receipt.and_then(receipts::vehicle),
        started: row.start.map(UtcTime::as_millis),
        milliwatt_hours,
        total: cost.zip(currency),
    })
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
    // The newest one: the end of an older one may never have been told.
    let newest = sessions.iter().find(|row| {
        let of_slot = row.detail.get("slot").and_then(Json::as_u64);
        of_slot == Some(number.into())
    });
    let open = newest.filter(|row| row.end.is_none());
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
    let reason = word("state_reason");
    Slot {
        number,
        name: device.map_or_else(|| format!("{number}"), |device| device.row.name.clone()),
        state,
        said: Said::of_some(reason.as_deref()),
        reason,
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
    let currency = currency(station);
    Session {
        id: row.id.clone(),
        station: station.row.id.to_string(),
        slot: u32::try_from(slot).unwrap_or(0),
        vehicle: text(&row.detail, "vehicle"),
        start: row.start.map(UtcTime::as_millis),
        end: None,
        energy_wh: now("session_energy").map(|kwh| kwh * 1000.0),
        doubtful_energy_wh: now("session_doubtful_energy").map(|kwh| kwh * 1000.0),
        cost: now("session_cost").map(|cost| money(cost, currency.as_deref())),
        currency,
        state: "charging".to_owned(),
        end_reason: None,
        receipt: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amount_has_the_digits_of_its_currency() {
        for (amount, currency, text) in [
            (2.1, Some("MAD"), "2.10"),
            (1.5, Some("TND"), "1.500"),
            (0.0, None, "0.00"),
            (1.234, None, "1.234"),
            (1.23, Some("XYZ"), "1.23"),
        ] {
            assert_eq!(money(amount, currency), text);
        }
    }
}
