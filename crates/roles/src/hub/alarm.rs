//! What a row says of alarms: which began, which ended.
//!
//! A vehicle sends `alarm` with `alarm_is_raised` (and `alarm_value`), a station `alarm_slotN`: the
//! reason, or `none`. What the hub finds by itself (a station that is gone) is raised by its own
//! watch with [`AlarmSaid::offline`].

use serde_json::{Map, Value as Json};

use super::DeviceKind;
use crate::vehicle::Alarm;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// A person should look.
    Warning,
    /// A person must look.
    Critical,
}

impl Severity {
    /// How much an alarm of a vehicle's battery matters.
    #[must_use]
    pub const fn of(alarm: Alarm) -> Self {
        match alarm {
            Alarm::Hot | Alarm::ServiceCode => Self::Critical,
            Alarm::CellSpread | Alarm::LowCharge => Self::Warning,
            Alarm::Cold => Self::Info,
        }
    }

    /// Its word in the interface and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What was said of one alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmSaid {
    /// Which alarm: a device has at most one open of each kind.
    pub kind: String,
    /// What a person reads.
    pub text: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it is there, or over.
    pub is_raised: bool,
}

/// The kind of the alarm that a device is gone.
pub const OFFLINE: &str = "offline";

/// The beginning of the keys by which a station tells of its slots.
const OF_SLOT: &str = "alarm_slot";
/// What a station says of a slot that is well again.
const NONE: &str = "none";

impl AlarmSaid {
    /// The alarm that a device is gone, or is back. Only of stations: a car that is parked sleeps.
    #[must_use]
    pub fn offline(kind: DeviceKind, is_raised: bool) -> Option<Self> {
        (kind == DeviceKind::Station).then(|| Self {
            kind: OFFLINE.to_owned(),
            text: "the station does not answer".to_owned(),
            severity: Severity::Warning,
            is_raised,
        })
    }

    /// Everything that a row says of alarms.
    #[must_use]
    pub fn in_row(values: &Map<String, Json>) -> Vec<Self> {
        let mut said: Vec<_> = of_vehicle(values).into_iter().collect();
        let slots = values.iter().filter_map(|(key, value)| {
            let slot = key.strip_prefix(OF_SLOT)?;
            let text = value.as_str()?;
            let is_number = !slot.is_empty() && slot.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| of_slot(slot, text))
        });
        said.extend(slots);
        said
    }
}

fn of_vehicle(values: &Map<String, Json>) -> Option<AlarmSaid> {
    let kind = values.get("alarm")?.as_str()?;
    let is_raised = values.get("alarm_is_raised")?.as_bool()?;
    let value = values.get("alarm_value").and_then(Json::as_f64);
    let known = Alarm::ALL.into_iter().find(|alarm| alarm.word() == kind);
    Some(AlarmSaid {
        kind: kind.to_owned(),
        text: match (known, value) {
            (Some(alarm), _) => alarm.text(value),
            (None, Some(value)) => format!("{kind}: {value}"),
            (None, None) => kind.to_owned(),
        },
        severity: known.map_or(Severity::Warning, Severity::of),
        is_raised,
    })
}

fn of_slot(slot: &str, text: &str) -> AlarmSaid {
    let severity = if text.starts_with("Faulted") {
        Severity::Critical
    } else {
        Severity::Warning
    };
    AlarmSaid {
        kind: format!("slot {slot}"),
        text: format!("slot {slot}: {text}"),
        severity,
        is_raised: text != NONE,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(values: &Json) -> Vec<AlarmSaid> {
        AlarmSaid::in_row(values.as_object().unwrap())
    }

    #[test]
    fn alarm_of_a_vehicle_is_raised_and_cleared_under_one_kind() {
        let raised = said(&json!({
            "alarm": "cell_spread", "alarm_is_raised": true, "alarm_value": 0.125
        }));
        assert_eq!(raised.len(), 1);
        assert_eq!(raised[0].kind, "cell_spread");
        assert_eq!(raised[0].text, "the cells drift apart: 0.125 V");
        assert!(raised[0].is_raised);
        let cleared = said(&json!({ "alarm": "cell_spread", "alarm_is_raised": false }));
        assert_eq!(cleared[0].kind, raised[0].kind);
        assert!(!cleared[0].is_raised);
    }

    #[test]
    fn alarm_of_a_slot_ends_when_the_station_says_none() {
        let faulted = said(&json!({ "alarm_slot2": "Faulted: the relay is welded" }));
        assert_eq!(faulted[0].kind, "slot 2");
        assert_eq!(faulted[0].severity, Severity::Critical);
        assert!(faulted[0].is_raised);
        let well = said(&json!({ "alarm_slot2": "none", "alarm_slotx": "none" }));
        assert_eq!(well.len(), 1);
        assert!(!well[0].is_raised);
    }

    #[test]
    fn row_of_measurements_says_nothing_of_alarms() {
        assert_eq!(said(&json!({ "soc": 50.0, "alarm": 5 })), []);
    }

    #[test]
    fn station_that_is_gone_is_an_alarm_and_a_parked_car_is_none() {
        assert!(AlarmSaid::offline(DeviceKind::Station, true).is_some());
        assert_eq!(AlarmSaid::offline(DeviceKind::Vehicle, true), None);
    }
}
