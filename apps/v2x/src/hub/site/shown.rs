//! What the hub knows in the form of the interface.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use v2x_roles::hub::{DeviceId, DeviceKind, Episode, EpisodeKind};
use v2x_store::hub::{
    AlarmRow, AuditRow, EpisodeRow, History as Found, Point as FoundPoint, Resolution as Fineness,
};
use v2x_units::UtcTime;
use v2x_web::Said;
use v2x_web::site::HistoryAsked;
use v2x_web::types::{
    self, Alarm, Audit, BatteryHealth, Charge, Device, HealthShown, History, LinkAtDistance,
    LiveEvent, Neighbour, PartShown, PartStatus, Point, Position, Reading, Resolution, Severity,
    Trip, V2x, Warning,
};

use super::super::Hub;
use super::super::fleet::Known;
use super::charging;
use super::receipts::Receipts;

/// The newest count of the radio, by its name in the interface, of vehicles that do not tell each
/// with those who are around.
const COUNTERS: [(&str, &str); 3] = [
    ("verified", "v2v_verified"),
    ("refused", "v2v_refused"),
    ("sent", "v2v_sent"),
];

/// For how long it holds who is around: vehicles tell it every ten seconds.
const AROUND_HOLDS: Duration = Duration::from_secs(30);
/// Keys of values that are none to look at one by one: pages of their own show what is in them.
const PARTS: [&str; 3] = ["v2v_around", "v2g_signed", "session_bill_slot"];

/// What a vehicle tells of those around it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Around {
    neighbours: Vec<Neighbour>,
    link_by_distance: Vec<LinkAtDistance>,
    counters: BTreeMap<String, u64>,
}

/// Whether a value is one to look at.
pub(in crate::hub) fn is_value(key: &str) -> bool {
    !PARTS.iter().any(|part| key.starts_with(part))
}

/// Those around a vehicle, as old as they are by now; nobody when it was told too long ago.
fn around(known: &Known, now: UtcTime) -> Around {
    let told = known.latest.get("v2v_around");
    let Some(told) = told.filter(|stamped| stamped.ts >= now - AROUND_HOLDS) else {
        return Around::default();
    };
    // What has another form is of no program of ours.
    let mut around: Around = serde_json::from_value(told.value.clone()).unwrap_or_default();
    let since = u64::try_from(now.as_millis() - told.ts.as_millis()).unwrap_or(0);
    for neighbour in &mut around.neighbours {
        neighbour.age_ms = neighbour.age_ms.saturating_add(since);
    }
    around
}

/// For how long a warning lasts whose end is not told.
const WARNING_LASTS: Duration = Duration::from_secs(300);

pub(super) fn kind(kind: DeviceKind) -> types::DeviceKind {
    match kind {
        DeviceKind::Vehicle => types::DeviceKind::Vehicle,
        DeviceKind::Station => types::DeviceKind::Station,
        DeviceKind::Slot => types::DeviceKind::Slot,
        DeviceKind::Unknown => types::DeviceKind::Unknown,
    }
}

pub(super) fn kind_of(kind: types::DeviceKind) -> DeviceKind {
    match kind {
        types::DeviceKind::Vehicle => DeviceKind::Vehicle,
        types::DeviceKind::Station => DeviceKind::Station,
        types::DeviceKind::Slot => DeviceKind::Slot,
        types::DeviceKind::Unknown => DeviceKind::Unknown,
    }
}

pub(super) fn device(hub: &Hub, known: Known) -> Device {
    let values = known.latest.values().iter();
    let values = values
        .filter(|(key, _)| is_value(key))
        .map(|(key, stamped)| {
            let reading = Reading {
                ts: stamped.ts.as_millis(),
                value: stamped.value.clone(),
            };
            (key.clone(), reading)
        });
    let online = known
        .presence
        .is_online(hub.now(), hub.config.inactive_after);
    Device {
        id: known.row.id.to_string(),
        kind: kind(known.row.kind),
        parent: known.row.parent.map(|id| id.to_string()),
        online: Some(online),
        last_seen: known.presence.last_seen().map(UtcTime::as_millis),
        stale_after_s: u32::try_from(hub.config.stale_after.as_secs()).unwrap_or(u32::MAX),
        values: values.collect(),
        attributes: known.client.into_iter().collect(),
        alarms: known.alarms.iter().map(alarm).collect(),
        name: known.row.name,
    }
}

pub(in crate::hub) fn alarm(row: &AlarmRow) -> Alarm {
    let severity = match row.severity.as_str() {
        "critical" => Severity::Critical,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    };
    let (by, at) = row.acknowledged.clone().unzip();
    Alarm {
        id: row.id.to_string(),
        device: row.device.to_string(),
        kind: row.kind.clone(),
        said: Said::of(&row.text),
        text: row.text.clone(),
        severity,
        began: row.began.as_millis(),
        ended: row.ended.map(UtcTime::as_millis),
        acknowledged_by: by,
        acknowledged_at: at.map(UtcTime::as_millis),
    }
}

pub(super) fn history(asked: &HistoryAsked, found: Found) -> History {
    let mut series: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    for key in &asked.keys {
        series.insert(key.clone(), Vec::new());
    }
    for (key, points) in found.series {
        let points = points.into_iter().map(|point| match point {
            FoundPoint::Value(ts, value) => Point::Raw(ts.as_millis(), value),
            FoundPoint::Step(ts, it) => Point::Mean(ts.as_millis(), it.mean(), it.least, it.most),
        });
        series.insert(key, points.collect());
    }
    let resolution = match (found.resolution, found.step_ms) {
        (Fineness::Raw, None) => Resolution::Raw,
        (Fineness::Raw | Fineness::Minute, _) => Resolution::Minute,
        (Fineness::Hour, _) => Resolution::Hour,
    };
    History {
        from: asked.period.from,
        to: asked.period.to,
        resolution,
        step_ms: found.step_ms.unwrap_or(0),
        series,
    }
}

pub(super) fn number(detail: &Map<String, Json>, key: &str) -> Option<f64> {
    detail.get(key)?.as_f64()
}

pub(super) fn text(detail: &Map<String, Json>, key: &str) -> Option<String> {
    detail.get(key)?.as_str().map(str::to_owned)
}

/// When an episode began; one whose beginning nobody told began when it ended.
fn begun(row: &EpisodeRow) -> i64 {
    row.start.or(row.end).map_or(0, UtcTime::as_millis)
}

/// A name, also one that reads as a number and became one on its way.
fn word(detail: &Map<String, Json>, key: &str) -> Option<String> {
    match detail.get(key)? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn trip(row: &EpisodeRow) -> Trip {
    let number = |key| number(&row.detail, key);
    Trip {
        id: row.id.clone(),
        start: begun(row),
        end: row.end.map(UtcTime::as_millis),
        distance_km: number("distance_km"),
        energy_out_wh: number("energy_out_wh"),
        energy_regenerated_wh: number("energy_in_wh"),
        wh_per_km: number("consumption_wh_km"),
        max_speed_kmh: number("fastest_kmh"),
        soc_from: number("soc_from"),
        soc_to: number("soc_to"),
        source: text(&row.detail, "distance_by"),
    }
}

/// A charge as the car told it, and what its receipt says that the station counted and charged.
pub(super) fn charge(row: &EpisodeRow, receipts: &Receipts) -> Charge {
    let receipt = receipts.of_charge(row);
    let counted = receipt.and_then(|it| self::number(&it.detail, "energy_wh"));
    let cost = receipt.and_then(|it| text(&it.detail, "cost"));
    let (cost, currency) = cost
        .as_deref()
        .and_then(|cost| cost.split_once(' '))
        .map(|(amount, currency)| (amount.to_owned(), currency.to_owned()))
        .unzip();
    let number = |key| number(&row.detail, key);
    let inferred = row.detail.get("is_inferred").and_then(Json::as_bool);
    Charge {
        id: row.id.clone(),
        start: begun(row),
        end: row.end.map(UtcTime::as_millis),
        energy_wh: number("energy_wh"),
        soc_from: number("soc_from"),
        soc_to: number("soc_to"),
        max_power_w: None,
        inferred: inferred.unwrap_or_default(),
        cause: text(&row.detail, "end"),
        station_energy_wh: counted,
        efficiency: number("energy_wh")
            .zip(counted)
            .filter(|(_, counted)| *counted > 0.0)
            .map(|(stored, counted)| stored / counted),
        cost,
        currency,
    }
}

pub(super) fn battery(row: &EpisodeRow) -> Option<BatteryHealth> {
    Some(BatteryHealth {
        ts: row.end?.as_millis(),
        capacity_ah: Some(number(&row.detail, "battery_capacity_ah")?),
        soh_percent: None,
        cell_spread_v: None,
    })
}

pub(in crate::hub) fn warning(row: &EpisodeRow) -> Option<Warning> {
    let name = text(&row.detail, "kind").unwrap_or_else(|| row.id.clone());
    let reason = text(&row.detail, "text");
    Some(Warning {
        id: row.id.clone(),
        ts: row.start?.as_millis(),
        kind: snake(&name),
        said: Said::of_some(reason.as_deref()),
        reason,
        // It is told in percent.
        confidence: number(&row.detail, "confidence").map(|percent| percent / 100.0),
        station_id: word(&row.detail, "station"),
        distance_m: number(&row.detail, "distance_m"),
        ended: row.end.map(UtcTime::as_millis),
    })
}

/// `StationaryVehicle` as `stationary_vehicle`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (place, character) in name.chars().enumerate() {
        if character.is_ascii_uppercase() && place > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

pub(super) fn v2x(hub: &Hub, known: &Known, warnings: &[EpisodeRow]) -> V2x {
    let number = |key: &str| known.latest.get(key)?.value.as_f64();
    let counters = COUNTERS.iter().filter_map(|(name, key)| {
        let count = known.latest.get(key)?.value.as_u64()?;
        Some(((*name).to_owned(), count))
    });
    let around = around(known, hub.now());
    let stale = hub.now() - hub.config.stale_after;
    let heard = known.latest.get("v2v_neighbours");
    let heard = heard.filter(|stamped| stamped.ts >= stale);
    let is_fresh = |key: &str| (known.latest.get(key)).is_some_and(|stamped| stamped.ts >= stale);
    let own = number("latitude").zip(number("longitude"));
    // Drawn as if it were now: an old one is none.
    let own = own.filter(|_| is_fresh("latitude") && is_fresh("longitude"));
    // A warning holds for seconds; the end of one that began long ago was never told.
    let lasting = hub.now() - WARNING_LASTS;
    // Of each kind about somebody the newest: the end of an older one may never have been told.
    let mut subjects = HashSet::new();
    let newest = warnings
        .iter()
        .filter(|row| subjects.insert((text(&row.detail, "kind"), word(&row.detail, "station"))));
    let open = newest.filter(|row| row.end.is_none());
    let open: Vec<_> = open
        .filter(|row| row.start.is_some_and(|start| start >= lasting))
        .collect();
    V2x {
        own: own.map(|(latitude, longitude)| Position {
            latitude,
            longitude,
            heading: number("heading"),
        }),
        warnings: open.into_iter().filter_map(warning).collect(),
        counters: counters.chain(around.counters).collect(),
        neighbours: around.neighbours,
        link_by_distance: around.link_by_distance,
        heard: heard.and_then(|it| it.value.as_u64()),
    }
}

pub(super) fn health(hub: &Hub, known: &Known) -> HealthShown {
    let is_online = known
        .presence
        .is_online(hub.now(), hub.config.inactive_after);
    let status = match (is_online, known.presence.last_seen()) {
        (true, _) => PartStatus::Ok,
        (false, Some(_)) => PartStatus::Degraded,
        (false, None) => PartStatus::Unknown,
    };
    let says = match known.presence.last_seen() {
        Some(seen) => format!("last heard {seen}"),
        None => "never heard; give the device the hub's address and its token".to_owned(),
    };
    let connection = PartShown::new("connection".to_owned(), status, says);
    let alarms = known.alarms.iter().map(|alarm| {
        let status = match alarm.severity.as_str() {
            "critical" => PartStatus::Failed,
            _ => PartStatus::Degraded,
        };
        PartShown::new(alarm.kind.clone(), status, alarm.text.clone())
    });
    HealthShown::of(std::iter::once(connection).chain(alarms).collect())
}

pub(super) fn audit(row: AuditRow) -> Audit {
    Audit {
        id: row.id,
        ts: Some(row.at.as_millis()),
        user: row.person,
        action: row.action,
        subject: row.subject,
        detail: row.detail,
        from: row.origin,
    }
}

/// What viewers are told of a session or a warning that a row tells of.
pub(in crate::hub) fn session_event(
    hub: &Hub,
    device: DeviceId,
    told: &Episode,
) -> Option<LiveEvent> {
    let row = EpisodeRow {
        device,
        id: told.id.clone(),
        start: told.start,
        end: told.end,
        detail: told.detail.clone(),
    };
    match told.kind {
        EpisodeKind::Session => Some(LiveEvent::Session(charging::session(
            hub,
            &row,
            &Receipts::default(),
        ))),
        EpisodeKind::Warning => Some(LiveEvent::Warning {
            device: device.to_string(),
            warning: Warning {
                // One without a name of its own: an end is told with that of its kind.
                id: match told.start {
                    Some(start) if !told.detail.contains_key("id") => {
                        format!("{} {}", told.id, start.as_millis())
                    }
                    _ => told.id.clone(),
                },
                ..warning(&EpisodeRow {
                    start: told.start.or(told.end),
                    ..row
                })?
            },
        }),
        EpisodeKind::Trip | EpisodeKind::Charge | EpisodeKind::Receipt => None,
    }
}
