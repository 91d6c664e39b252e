//! The battery's alarms, out of the events that their beginnings and ends left behind.

use v2x_roles::hub::Severity as Matters;
use v2x_roles::vehicle::Alarm as Kind;
use v2x_store::StoredEvent;
use v2x_units::UtcTime;
use v2x_web::types::{Alarm, Severity};
use v2x_web::{Answer, Refusal, Said};

use super::ID;
use crate::site::{Acknowledged, Readers, ms};
use crate::vehicle::journal::{KeptAlarm, alarm_detail};

/// Events in one answer: a beginning and an end of a thousand alarms.
const EVENTS: usize = 2000;

/// Alarms that last.
pub(super) fn open(readers: &Readers, seen: &Acknowledged) -> Answer<Vec<Alarm>> {
    let mut alarms = all(readers, seen)?;
    alarms.retain(|alarm| alarm.ended.is_none());
    Ok(alarms)
}

/// Alarms, newest first.
pub(super) fn all(readers: &Readers, seen: &Acknowledged) -> Answer<Vec<Alarm>> {
    let kinds = Kind::ALL.map(Kind::word);
    let events = readers.ask(|store| store.events_between(&kinds, i64::MIN, i64::MAX, EVENTS))?;
    Ok(paired(&events)
        .iter()
        .map(|kept| shown(kept, seen))
        .collect())
}

/// Keeps that somebody has seen an alarm.
pub(super) fn acknowledge(
    readers: &Readers,
    seen: &Acknowledged,
    (id, user, now): (&str, &str, i64),
) -> Answer<Alarm> {
    let of_id = |alarms: Vec<Alarm>| alarms.into_iter().find(|alarm| alarm.id == id);
    let no_alarm = || {
        let id: String = id.chars().take(60).collect();
        Refusal::NotFound(format!(
            "there is no alarm {id:?}; /api/v1/alarms lists them"
        ))
    };
    let mut alarm = of_id(all(readers, seen)?).ok_or_else(no_alarm)?;
    seen.take(id, user, now)?;
    seen.mark(&mut alarm);
    Ok(alarm)
}

/// An alarm as it is shown.
pub(super) fn shown(kept: &KeptAlarm, seen: &Acknowledged) -> Alarm {
    let text = kept.alarm.text(kept.value);
    let mut alarm = Alarm {
        id: kept.id.to_string(),
        device: ID.to_owned(),
        kind: kept.alarm.word().to_owned(),
        said: Said::of(&text),
        text,
        severity: severity(kept.alarm),
        began: ms(kept.began),
        ended: kept.ended.map(ms),
        acknowledged_by: None,
        acknowledged_at: None,
    };
    seen.mark(&mut alarm);
    alarm
}

/// Beginnings with their ends; events come newest first. An alarm that begins again without an end
/// was cut by the end of a run: the battery is watched anew by each.
fn paired(events: &[StoredEvent]) -> Vec<KeptAlarm> {
    let mut alarms: Vec<KeptAlarm> = Vec::new();
    for alarm in Kind::ALL {
        let mut later: Option<UtcTime> = None;
        let of_kind = events.iter().filter(|it| it.event.kind == alarm.word());
        for StoredEvent { id, event } in of_kind {
            let (is_raised, value) = alarm_detail(&event.detail);
            if let Some(began) = event.at.filter(|_| is_raised) {
                alarms.push(KeptAlarm {
                    id: *id,
                    alarm,
                    began,
                    value,
                    ended: later,
                });
            }
            later = event.at.or(later);
        }
    }
    alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.began));
    alarms
}

fn severity(kind: Kind) -> Severity {
    match Matters::of(kind) {
        Matters::Critical => Severity::Critical,
        Matters::Warning => Severity::Warning,
        Matters::Info => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use v2x_store::{Event, Store};

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
        let folder = tempfile::tempdir().unwrap();
        let seen = Acknowledged::open(folder.path().to_owned());
        let alarms = paired(&events);
        let alarms: Vec<_> = alarms.iter().map(|kept| shown(kept, &seen)).collect();
        let lasted: Vec<_> = alarms.iter().map(|it| (it.began, it.ended)).collect();
        assert_eq!(
            lasted,
            [(60, None), (50, Some(60)), (20, Some(40)), (10, Some(30))]
        );
        assert_eq!(alarms[0].text, "a cell is hot: 51 °C");
    }

    #[test]
    fn alarm_is_acknowledged_by_its_number_and_stays_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
        store
            .record_event(&event(0, 10, "battery_hot", true).event)
            .unwrap();
        let readers = Readers::new(folder.path());
        let seen = Acknowledged::open(folder.path().to_owned());
        let unknown = acknowledge(&readers, &seen, ("2", "olga", 50));
        assert!(matches!(unknown, Err(Refusal::NotFound(_))), "{unknown:?}");
        let alarm = acknowledge(&readers, &seen, ("1", "olga", 50)).unwrap();
        assert_eq!(alarm.acknowledged_by.as_deref(), Some("olga"));
        assert_eq!(open(&readers, &seen).unwrap(), [alarm]);
    }
}
