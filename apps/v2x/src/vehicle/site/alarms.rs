//! The battery's alarms, out of the events that their beginnings and ends left behind.

use serde_json::Value;
use v2x_roles::vehicle::Alarm as Kind;
use v2x_store::StoredEvent;
use v2x_units::UtcTime;
use v2x_web::Answer;
use v2x_web::types::{Alarm, Severity};

use super::ID;
use crate::site::Readers;

/// Events in one answer.
const EVENTS: usize = 2000;

/// Alarms that last.
pub(super) fn open(readers: &Readers) -> Answer<Vec<Alarm>> {
    let mut alarms = all(readers)?;
    alarms.retain(|alarm| alarm.ended.is_none());
    Ok(alarms)
}

/// Alarms, newest first.
pub(super) fn all(readers: &Readers) -> Answer<Vec<Alarm>> {
    let kinds = Kind::ALL.map(Kind::word);
    let events = readers.ask(|store| store.events_between(&kinds, i64::MIN, i64::MAX, EVENTS))?;
    Ok(paired(&events))
}

/// Beginnings with their ends; events come newest first. An alarm that begins again without an end
/// was cut by the end of a run: the battery is watched anew by each.
fn paired(events: &[StoredEvent]) -> Vec<Alarm> {
    let mut alarms: Vec<Alarm> = Vec::new();
    for kind in Kind::ALL {
        let mut later: Option<i64> = None;
        let of_kind = events.iter().filter(|it| it.event.kind == kind.word());
        for StoredEvent { id, event } in of_kind {
            let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
            let at = event.at.map(UtcTime::as_millis);
            let is_raised = detail.get("alarm_is_raised").and_then(Value::as_bool);
            if is_raised == Some(true)
                && let Some(began) = at
            {
                alarms.push(Alarm {
                    id: id.to_string(),
                    device: ID.to_owned(),
                    kind: kind.word().to_owned(),
                    text: text(kind, detail.get("alarm_value").and_then(Value::as_f64)),
                    severity: severity(kind),
                    began,
                    ended: later,
                    acknowledged_by: None,
                    acknowledged_at: None,
                });
            }
            later = at.or(later);
        }
    }
    alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.began));
    alarms
}

fn severity(kind: Kind) -> Severity {
    match kind {
        Kind::Hot | Kind::ServiceCode => Severity::Critical,
        Kind::CellSpread | Kind::LowCharge => Severity::Warning,
        Kind::Cold => Severity::Info,
    }
}

fn text(kind: Kind, value: Option<f64>) -> String {
    let number = |unit: &str, decimals: usize| {
        value.map_or_else(String::new, |value| format!(": {value:.decimals$} {unit}"))
    };
    match kind {
        Kind::CellSpread => format!("the cells drift apart{}", number("V", 3)),
        Kind::Hot => format!("a cell is hot{}", number("°C", 0)),
        Kind::Cold => format!(
            "a cell is near freezing, charging harms it{}",
            number("°C", 0)
        ),
        Kind::LowCharge => format!("the battery is nearly empty{}", number("%", 0)),
        Kind::ServiceCode => "the battery reports a fault".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use v2x_store::Event;

    use super::*;

    fn event(id: i64, ts: i64, kind: &str, is_raised: bool) -> StoredEvent {
        StoredEvent {
            id,
            event: Event {
                at: Some(UtcTime::from_millis(ts)),
                kind: kind.to_owned(),
                detail: format!("{{\"alarm_is_raised\":{is_raised},\"alarm_value\":51.0}}"),
                upload: None,
            },
        }
    }

    #[test]
    fn alarm_lasts_until_its_end_or_until_it_begins_anew() {
        let events = [
            event(6, 60, "battery_hot", true),
            event(5, 50, "battery_hot", true),
            event(4, 40, "low_charge", false),
            event(3, 30, "battery_hot", false),
            event(2, 20, "low_charge", true),
            event(1, 10, "battery_hot", true),
        ];
        let alarms = paired(&events);
        let seen: Vec<_> = alarms.iter().map(|it| (it.began, it.ended)).collect();
        assert_eq!(
            seen,
            [(60, None), (50, Some(60)), (20, Some(40)), (10, Some(30))]
        );
        assert_eq!(alarms[0].text, "a cell is hot: 51 °C");
    }
}
