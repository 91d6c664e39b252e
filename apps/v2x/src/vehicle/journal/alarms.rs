//! Alarms of the battery as events: how they stand on the disk, and which of them go on.

use v2x_outbox::Class;
use v2x_roles::vehicle::Alarm;
use v2x_store::{Event, Store, StoreError};
use v2x_units::UtcTime;
use v2x_uplink::thingsboard::{Value, Values};

use super::number;
use crate::daemon::entry;

/// An alarm that began or ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlarmNote {
    pub(super) at: UtcTime,
    pub(super) alarm: Alarm,
    pub(super) is_raised: bool,
    /// What was measured; `None` where the end of a run cut it.
    pub(super) value: Option<f64>,
}

/// An alarm as it is on disk now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::vehicle) struct KeptAlarm {
    /// The number of the event that it began with.
    pub(in crate::vehicle) id: i64,
    pub(in crate::vehicle) alarm: Alarm,
    pub(in crate::vehicle) began: UtcTime,
    pub(in crate::vehicle) value: Option<f64>,
    pub(in crate::vehicle) ended: Option<UtcTime>,
}

/// The alarms that the last run left without an end.
pub(super) fn left_open(store: &Store) -> Result<Vec<KeptAlarm>, StoreError> {
    let mut left = Vec::new();
    for alarm in Alarm::ALL {
        let Some(newest) = store.newest_event(alarm.word())? else {
            continue;
        };
        let (is_raised, value) = alarm_detail(&newest.event.detail);
        if let Some(began) = newest.event.at.filter(|_| is_raised) {
            left.push(KeptAlarm {
                id: newest.id,
                alarm,
                began,
                value,
                ended: None,
            });
        }
    }
    Ok(left)
}

/// What the detail of an alarm's event says: whether it was raised, and what was measured.
pub(in crate::vehicle) fn alarm_detail(detail: &str) -> (bool, Option<f64>) {
    let detail: serde_json::Value = serde_json::from_str(detail).unwrap_or_default();
    let is_raised = detail.get("alarm_is_raised");
    let is_raised = is_raised.and_then(serde_json::Value::as_bool);
    let value = detail.get("alarm_value");
    let value = value.and_then(serde_json::Value::as_f64);
    (is_raised == Some(true), value)
}

pub(super) fn alarm_event(note: &AlarmNote) -> Event {
    let mut values = Values::new();
    values.put("alarm", Value::text(note.alarm.word()).ok());
    values.put("alarm_is_raised", Value::bool(note.is_raised));
    values.put("alarm_value", number(note.value));
    let upload = entry(Class::Alert, note.at, values.clone());
    Event {
        at: Some(note.at),
        kind: note.alarm.word().to_owned(),
        detail: values.into_json(),
        upload,
    }
}
