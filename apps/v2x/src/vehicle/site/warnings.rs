//! Warnings of the past, out of the events that their beginnings and ends left behind.

use std::collections::HashMap;

use serde_json::Value;
use v2x_store::StoredEvent;
use v2x_units::UtcTime;
use v2x_web::site::Period;
use v2x_web::types::Warning;
use v2x_web::{Answer, Said};

use crate::site::Readers;

const BEGINS: &str = "v2v_warning";
const ENDS: &str = "v2v_warning_over";
/// Warnings in one answer.
const WARNINGS: usize = 1000;
/// Under this key both have the warning's name.
const NAME: &str = "v2v_warning_id";

/// Warnings that began in a period, newest first. `began` says when this run of the program did, in
/// ms since 1970, and the number of the newest event before: nobody gives a warning of before it
/// any more, so that it is over since then at the latest.
pub(super) fn between(readers: &Readers, of: Period, began: (i64, i64)) -> Answer<Vec<Warning>> {
    let mut events = readers.ask(|store| {
        let mut events = store.events_between(&[BEGINS], of.from, of.to, WARNINGS)?;
        let names: Vec<_> = events.iter().filter_map(name).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let first = events.last().map_or(i64::MAX, |first| first.id);
        events.extend(store.events_naming(ENDS, first, (NAME, &names))?);
        Ok(events)
    })?;
    events.sort_by_key(|event| std::cmp::Reverse(event.id));
    Ok(paired(&events, began))
}

fn name(event: &StoredEvent) -> Option<String> {
    let detail: Value = serde_json::from_str(&event.event.detail).ok()?;
    Some(detail.get(NAME)?.as_str()?.to_owned())
}

/// Beginnings with their ends; events come newest first.
fn paired(events: &[StoredEvent], (began, before): (i64, i64)) -> Vec<Warning> {
    let mut ends: HashMap<String, Option<i64>> = HashMap::new();
    let mut warnings = Vec::new();
    for StoredEvent { id, event } in events {
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let text = |key: &str| detail.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = text(NAME);
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
        let ended = name.as_ref().and_then(|name| ends.remove(name)).flatten();
        let reason = text("v2v_warning");
        warnings.push(Warning {
            ended: ended.or_else(|| (*id <= before).then_some(began.max(ts))),
            id: name.unwrap_or_else(|| format!("event-{id}")),
            ts,
            kind: snake(&kind),
            said: Said::of_some(reason.as_deref()),
            reason,
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
        let warnings = paired(&events, (70, 0));
        let seen: Vec<_> = warnings
            .iter()
            .map(|it| (it.id.as_str(), it.ts, it.ended))
            .collect();
        assert_eq!(seen, [("b", 50, None), ("a", 20, Some(40))]);
        assert_eq!(warnings[0].kind, "forward_collision");
        assert_eq!(warnings[0].confidence, Some(0.8));
        let after_a_restart = paired(&events, (70, 5));
        assert_eq!(
            after_a_restart[0].ended,
            Some(70),
            "nobody gives it any more"
        );
        assert_eq!(after_a_restart[1].ended, Some(40));
    }

    #[test]
    fn warning_has_its_end_also_when_that_came_after_the_period() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = v2x_store::Store::open(&folder.path().join("v2x.db")).unwrap();
        for (ts, kind, name) in [
            (10, BEGINS, "a \"quote\""),
            (20, BEGINS, "b"),
            (30, ENDS, "a \"quote\""),
            (40, BEGINS, "c"),
            (50, ENDS, "c"),
        ] {
            store
                .record_event(&event(0, Some(ts), kind, name).event)
                .unwrap();
        }
        let readers = Readers::new(folder.path());
        let warnings = between(&readers, Period { from: 0, to: 25 }, (0, 0)).unwrap();
        let seen: Vec<_> = warnings.iter().map(|it| (it.ts, it.ended)).collect();
        assert_eq!(seen, [(20, None), (10, Some(30))]);
    }
}
