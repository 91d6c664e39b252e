//! Which trip, charge, charging session or warning a row tells of.
//!
//! Vehicles send a trip and a charge when it has ended, with when it began; stations a session at
//! its start and at its end, under one id; a warning of V2V comes when it is given and when it is
//! over. What the keys mean is `docs/protocol/mqtt.md`.

use serde_json::{Map, Value as Json};
use v2x_units::UtcTime;

use super::Row;

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EpisodeKind {
    /// A car's trip.
    Trip,
    /// A car's charge, as the car saw it.
    Charge,
    /// A station's charging session.
    Session,
    /// A warning that a driver got.
    Warning,
    /// What station or car tells of a receipt that the station has signed.
    Receipt,
}

impl EpisodeKind {
    /// Its word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trip => "trip",
            Self::Charge => "charge",
            Self::Session => "session",
            Self::Warning => "warning",
            Self::Receipt => "receipt",
        }
    }
}

/// One of them, as far as a row tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// What it is.
    pub kind: EpisodeKind,
    /// Its id; of one kind and device each has its own.
    pub id: String,
    /// When it began, where the row says it.
    pub start: Option<UtcTime>,
    /// When it ended; `None` while it goes on.
    pub end: Option<UtcTime>,
    /// What is told of it, with the keys of the row without their prefix and slot.
    pub detail: Map<String, Json>,
}

/// Keys without which a row tells of nothing: most rows have none.
const TELLING: [&str; 3] = ["trip_id", "charge_id", "v2v_warning_kind"];
const SESSION: &str = "session_id_slot";
const RECEIPT: &str = "v2g_session";

impl Episode {
    /// Everything that a row tells of. `started` reads the time that a vehicle writes as text.
    #[must_use]
    pub fn in_row(row: &Row, started: impl Fn(&str) -> Option<UtcTime>) -> Vec<Self> {
        let values = &row.values;
        let sessions = values.keys().filter_map(|key| key.strip_prefix(SESSION));
        let mut found: Vec<_> = sessions.filter_map(|slot| session(row, slot)).collect();
        let receipts = values.keys().filter_map(|key| key.strip_prefix(RECEIPT));
        found.extend(receipts.filter_map(|suffix| receipt(row, suffix)));
        if TELLING.iter().any(|key| values.contains_key(*key)) {
            let of_car = |kind, prefix: &str| of_car(row, kind, prefix, &started);
            found.extend(of_car(EpisodeKind::Trip, "trip_"));
            found.extend(of_car(EpisodeKind::Charge, "charge_"));
            found.extend(warning(row));
        }
        found
    }
}

fn of_car(
    row: &Row,
    kind: EpisodeKind,
    prefix: &str,
    started: impl Fn(&str) -> Option<UtcTime>,
) -> Option<Episode> {
    let text = |key: &str| row.values.get(&format!("{prefix}{key}"))?.as_str();
    let id = text("id")?.to_owned();
    let members = row.values.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix(prefix).or_else(|| {
            // The capacity of the battery is found by a charge.
            (kind == EpisodeKind::Charge && key.starts_with("battery_")).then_some(key)
        })?;
        (name != "id").then(|| (name.to_owned(), value.clone()))
    });
    Some(Episode {
        kind,
        id,
        start: text("started").and_then(started),
        end: Some(row.ts),
        detail: members.collect(),
    })
}

fn session(row: &Row, slot: &str) -> Option<Episode> {
    let suffix = format!("_slot{slot}");
    let id = row.values.get(&format!("{SESSION}{slot}"))?.as_str()?;
    let mut detail: Map<String, Json> = row
        .values
        .iter()
        .filter_map(|(key, value)| {
            let name = key.strip_prefix("session_")?.strip_suffix(&suffix)?;
            (name != "id").then(|| (name.to_owned(), value.clone()))
        })
        .collect();
    let is_over = detail.get("event").and_then(Json::as_str) == Some("ended");
    let number = slot.parse::<u32>().ok()?;
    detail.insert("slot".to_owned(), number.into());
    Some(Episode {
        kind: EpisodeKind::Session,
        id: id.to_owned(),
        start: (!is_over).then_some(row.ts),
        end: is_over.then_some(row.ts),
        detail,
    })
}

/// A car's receipt has no suffix, a station's that of its slot.
fn receipt(row: &Row, suffix: &str) -> Option<Episode> {
    let id = row.values.get(&format!("{RECEIPT}{suffix}"))?.as_str()?;
    row.values
        .get(&format!("v2g_countersigned{suffix}"))?
        .as_bool()?;
    let members = row.values.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("v2g_")?.strip_suffix(suffix)?;
        (name != "session").then(|| (name.to_owned(), value.clone()))
    });
    let mut detail: Map<String, Json> = members.collect();
    match suffix.strip_prefix("_slot") {
        Some(slot) => detail.insert("slot".to_owned(), slot.parse::<u32>().ok()?.into()),
        None if suffix.is_empty() => None,
        None => return None,
    };
    Some(Episode {
        kind: EpisodeKind::Receipt,
        id: id.to_owned(),
        start: None,
        end: Some(row.ts),
        detail,
    })
}

/// A warning has the name that its vehicle gives it (`id` in its detail). One without is named
/// after its kind, and an end closes the open one.
fn warning(row: &Row) -> Option<Episode> {
    let kind = row.values.get("v2v_warning_kind")?.as_str()?;
    let is_given = row.values.get("v2v_warning_is_given")?.as_bool()?;
    let members = row.values.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("v2v_warning")?;
        let name = name.strip_prefix('_').unwrap_or("text");
        (name != "is_given").then(|| (name.to_owned(), value.clone()))
    });
    let name = row.values.get("v2v_warning_id").and_then(Json::as_str);
    Some(Episode {
        kind: EpisodeKind::Warning,
        id: name.unwrap_or(kind).to_owned(),
        start: is_given.then_some(row.ts),
        end: (!is_given).then_some(row.ts),
        detail: members.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: UtcTime = UtcTime::from_millis(1_795_515_300_000);

    fn found(values: &Json) -> Vec<Episode> {
        let row = Row {
            ts: AT,
            values: values.as_object().unwrap().clone(),
        };
        let started = |text: &str| text.parse().ok().map(UtcTime::from_millis);
        Episode::in_row(&row, started)
    }

    #[test]
    fn trip_begins_when_the_car_says_and_ends_with_its_row() {
        let found = found(&json!({
            "trip_id": "trip 5eed", "trip_started": "1795515000000", "trip_distance_km": 4.2
        }));
        assert_eq!(found.len(), 1);
        let trip = &found[0];
        assert_eq!(
            (trip.kind, trip.id.as_str()),
            (EpisodeKind::Trip, "trip 5eed")
        );
        assert_eq!(trip.start, Some(UtcTime::from_millis(1_795_515_000_000)));
        assert_eq!(trip.end, Some(AT));
        assert_eq!(trip.detail["distance_km"], 4.2);
    }

    #[test]
    fn session_of_a_slot_has_one_id_at_start_and_end() {
        let start = found(&json!({
            "session_id_slot2": "a1", "session_event_slot2": "started",
            "session_tariff_slot2": "standard 1"
        }));
        let end = found(&json!({
            "session_id_slot2": "a1", "session_event_slot2": "ended",
            "session_final_energy_slot2": 1.5, "session_final_cost_slot21": 7
        }));
        assert_eq!((start[0].start, start[0].end), (Some(AT), None));
        assert_eq!((end[0].start, end[0].end), (None, Some(AT)));
        assert_eq!(start[0].id, end[0].id);
        assert_eq!(end[0].detail["final_energy"], 1.5);
        assert_eq!(end[0].detail["slot"], 2);
        assert!(!end[0].detail.contains_key("final_cost"), "another slot's");
    }

    #[test]
    fn receipt_of_a_slot_and_of_a_car_is_told_by_its_own_keys() {
        let of_slot = found(&json!({
            "v2g_session_slot2": "5eed", "v2g_evcc_slot2": "car 7", "v2g_energy_wh_slot2": 1500,
            "v2g_cost_slot2": "2.10 MAD", "v2g_countersigned_slot2": true
        }));
        assert_eq!(of_slot.len(), 1);
        assert_eq!(of_slot[0].kind, EpisodeKind::Receipt);
        assert_eq!((of_slot[0].id.as_str(), of_slot[0].end), ("5eed", Some(AT)));
        let detail = json!({
            "slot": 2, "evcc": "car 7", "energy_wh": 1500, "cost": "2.10 MAD",
            "countersigned": true
        });
        assert_eq!(Json::Object(of_slot[0].detail.clone()), detail);
        let of_car = found(&json!({ "v2g_session": "5eed", "v2g_countersigned": false }));
        assert_eq!(of_car.len(), 1);
        assert!(!of_car[0].detail.contains_key("slot"));
        // What is told while it goes on is no receipt.
        let open = json!({ "v2g_session": "5eed", "v2g_evse": "E1", "v2g_energy_wh": 5 });
        assert_eq!(found(&open), []);
    }

    #[test]
    fn warning_is_given_and_over_under_its_kind() {
        let given = found(&json!({
            "v2v_warning": "car ahead stands", "v2v_warning_kind": "StationaryVehicle",
            "v2v_warning_distance_m": 120, "v2v_warning_is_given": true
        }));
        assert_eq!(given[0].id, "StationaryVehicle");
        assert_eq!(given[0].start, Some(AT));
        assert_eq!(given[0].detail["text"], "car ahead stands");
        assert_eq!(given[0].detail["distance_m"], 120);
        let over = found(&json!({
            "v2v_warning_kind": "StationaryVehicle", "v2v_warning_is_given": false
        }));
        assert_eq!((over[0].start, over[0].end), (None, Some(AT)));
        let named = found(&json!({
            "v2v_warning_kind": "StationaryVehicle", "v2v_warning_id": "77-5eed",
            "v2v_warning_is_given": false
        }));
        assert_eq!(named[0].id, "77-5eed");
        assert_eq!(named[0].detail["id"], "77-5eed");
    }

    #[test]
    fn row_of_measurements_tells_of_nothing() {
        assert_eq!(
            found(&json!({ "soc": 50.0, "session_energy_slot1": 0.5 })),
            []
        );
    }
}
