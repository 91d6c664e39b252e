//! Warnings of the past, out of the events that their beginnings and ends left behind.

use std::collections::HashMap;

use serde_json::Value;
use v2x_store::StoredEvent;
use v2x_units::UtcTime;
use v2x_web::Answer;
use v2x_web::site::Period;
use v2x_web::types::Warning;

use crate::site::Readers;

const BEGINS: &str = "v2v_warning";
const ENDS: &str = "v2v_warning_over";
/// Events in one answer: a beginning and an end of each warning.
const EVENTS: usize = 2000;

/// Warnings that began in a period, newest first.
pub(super) fn between(readers: &Readers, of: Period) -> Answer<Vec<Warning>> {
    let kinds = [BEGINS, ENDS];
    let events = readers.ask(|store| store.events_between(&kinds, of.from, of.to, EVENTS))?;
    Ok(paired(&events))
}

/// Beginnings with their ends; events come newest first.
fn paired(events: &[StoredEvent]) -> Vec<Warning> {
    let mut ends: HashMap<String, Option<i64>> = HashMap::new();
    let mut warnings = Vec::new();
    for StoredEvent { id, event } in events {
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let text = |key: &str| detail.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = text("v2v_warning_id");
        let at = event.at.map(UtcTime::as_millis);
        if event.kind == ENDS {
            if let Some(name) = name {
                ends.insert(name, at);
            }
            continue;
        }
        let (Some(ts), Some(kind)) = (at, text("v2v_warning_kind")) else {
            // A warning without a time has no place in a list of times.
            continue;
        };
        let number = |key: &str| detail.get(key).and_then(Value::as_f64);
        warnings.push(Warning {
            ended: name.as_ref().and_then(|name| ends.remove(name)).flatten(),
            id: name.unwrap_or_else(|| format!("event-{id}")),
            ts,
            kind: snake(&kind),
            reason: text("v2v_warning"),
            confidence: number("v2v_warning_confidence").map(|percent| percent / 100.0),
            station_id: text("v2v_warning_station"),
            distance_m: number("v2v_warning_distance_m"),
        });
    }
    warnings
}

/// `ForwardCollision` as `forward_collision`.
pub(in crate::vehicle) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use v2x_store::Event;

    use super::*;

    fn event(id: i64, ts: Option<i64>, kind: &str, name: &str) -> StoredEvent {
        let detail = serde_json::json!({
            "v2v_warning_id": name,
            "v2v_warning": "forward collision, 20 m",
            "v2v_warning_kind": "ForwardCollision",
            "v2v_warning_distance_m": 20.0,
            "v2v_warning_confidence": 80,
        });
        StoredEvent {
            id,
            event: Event {
                at: ts.map(UtcTime::from_millis),
                kind: kind.to_owned(),
                detail: detail.to_string(),
                upload: None,
            },
        }
    }

    #[test]
    fn beginning_finds_its_end_and_one_without_lasts() {
        let events = [
            event(5, Some(50), BEGINS, "b"),
            event(4, Some(40), ENDS, "a"),
            event(3, None, BEGINS, "undated"),
            event(2, Some(20), BEGINS, "a"),
            event(1, Some(10), ENDS, "of before"),
        ];
        let warnings = paired(&events);
        let seen: Vec<_> = warnings
            .iter()
            .map(|it| (it.id.as_str(), it.ts, it.ended))
            .collect();
        assert_eq!(seen, [("b", 50, None), ("a", 20, Some(40))]);
        assert_eq!(warnings[0].kind, "forward_collision");
        assert_eq!(warnings[0].confidence, Some(0.8));
    }
}
