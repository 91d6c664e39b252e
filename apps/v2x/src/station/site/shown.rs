//! What the keeper leaves for those who look: slots, values and alarms as they are now.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use v2x_charging::SlotState;
use v2x_roles::station::{SessionView, SlotView};
use v2x_units::{Instant, UtcTime};
use v2x_web::Live;
use v2x_web::types::{Alarm, LiveEvent, Reading, Session, Severity, Slot};

use super::{ID, slot_id};
use crate::clock::Clock;
use crate::site::{NewestValues, ms, object};
use crate::station::telemetry;

/// Alarms of the past that are remembered: those of the day on a station that has many.
const ALARMS: usize = 200;

/// What is shown.
pub(in crate::station) struct Shown {
    live: Arc<Live>,
    newest: NewestValues,
    now: Mutex<Now>,
}

#[derive(Default)]
struct Now {
    slots: Vec<Slot>,
    /// The newest first.
    alarms: VecDeque<Alarm>,
    alarms_so_far: u64,
}

impl Shown {
    pub(super) fn new() -> Self {
        Self {
            live: Arc::new(Live::new()),
            newest: NewestValues::default(),
            now: Mutex::default(),
        }
    }

    pub(super) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Shows a row of the station.
    pub(in crate::station) fn row(&self, at: UtcTime, values: &str) {
        let row = object(values);
        self.newest.take(ms(at), &row);
        self.live.publish(&LiveEvent::Values {
            device: ID.to_owned(),
            ts: ms(at),
            values: row.into_iter().collect(),
        });
    }

    /// Shows the slots as they are now; tells what has changed.
    pub(in crate::station) fn slots<'a>(
        &self,
        views: impl Iterator<Item = SlotView<'a>>,
        clock: &Clock,
    ) {
        let (instant, utc) = (clock.now().instant, now(clock));
        let mut alarms = Vec::new();
        let mut slots = Vec::new();
        for view in views {
            alarms.push((view.setup.number.get(), telemetry::alarm(&view)));
            slots.push(slot(&view, instant, utc));
        }
        let mut events = Vec::new();
        // Each change is one assignment: what a thread that died left behind is whole.
        let mut kept = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in &slots {
            let before = kept
                .slots
                .iter()
                .find(|before| before.number == slot.number);
            events.extend(changed(slot, before));
        }
        kept.slots = slots;
        for (slot, text) in alarms {
            events.extend(kept.alarm(slot, text, utc).map(LiveEvent::Alarm));
        }
        drop(kept);
        events.iter().for_each(|event| self.live.publish(event));
    }

    /// The newest values of the station.
    pub(super) fn values(&self) -> BTreeMap<String, Reading> {
        self.newest.now()
    }

    /// The slots as they were last shown.
    pub(super) fn slots_now(&self) -> Vec<Slot> {
        self.now
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .slots
            .clone()
    }

    /// Alarms since the start, newest first.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.alarms.iter().cloned().collect()
    }
}

impl Now {
    /// Takes the alarm of a slot; gives the one that began or ended.
    fn alarm(&mut self, slot: u8, text: Option<String>, utc: UtcTime) -> Option<Alarm> {
        let device = slot_id(slot);
        let open = self
            .alarms
            .iter_mut()
            .find(|alarm| alarm.device == device && alarm.ended.is_none());
        match (open, text) {
            (None, None) => None,
            (Some(alarm), Some(text)) if alarm.text == text => None,
            (Some(alarm), _) => {
                // Another alarm of the slot begins the next time.
                alarm.ended = Some(ms(utc));
                Some(alarm.clone())
            }
            (None, Some(text)) => {
                self.alarms_so_far += 1;
                let is_fault = text.starts_with("Faulted");
                let alarm = Alarm {
                    id: self.alarms_so_far.to_string(),
                    device,
                    kind: if is_fault { "fault" } else { "unavailable" }.to_owned(),
                    text,
                    severity: if is_fault {
                        Severity::Critical
                    } else {
                        Severity::Warning
                    },
                    began: ms(utc),
                    ended: None,
                    acknowledged_by: None,
                    acknowledged_at: None,
                };
                self.alarms.push_front(alarm.clone());
                self.alarms.truncate(ALARMS);
                Some(alarm)
            }
        }
    }
}

/// What is told of a slot that is not as it was.
fn changed(slot: &Slot, before: Option<&Slot>) -> Vec<LiveEvent> {
    let mut events = Vec::new();
    let session = |slot: &Slot| slot.session.clone();
    if let Some(now) = session(slot)
        && before.and_then(session).as_ref() != Some(&now)
    {
        events.push(LiveEvent::Session(now));
    }
    // That it is over is told by the session itself: nothing else of the slot says which one.
    if let Some(over) = before.and_then(session)
        && session(slot).is_none_or(|now| now.id != over.id)
    {
        events.push(LiveEvent::Session(Session {
            state: "ended".to_owned(),
            ..over
        }));
    }
    if before != Some(slot) {
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for (key, reading) in &slot.values {
            values.insert(key.clone(), reading.value.clone());
        }
        values.insert("state".to_owned(), slot.state.clone().into());
        for (key, flag) in [
            ("available", slot.available),
            ("vehicle_connected", slot.vehicle_connected),
        ] {
            values.extend(flag.map(|flag| (key.to_owned(), flag.into())));
        }
        if let Some(ts) = slot.values.values().map(|reading| reading.ts).max() {
            let device = format!("slot-{}", slot.number);
            events.push(LiveEvent::Values { device, ts, values });
        }
    }
    events
}

/// Now for people: by the wall clock, or as it is carried on from the start.
fn now(clock: &Clock) -> UtcTime {
    Clock::wall().unwrap_or(clock.now().utc)
}

fn slot(view: &SlotView<'_>, now: Instant, utc: UtcTime) -> Slot {
    let measured = view.measured.as_ref();
    let at = measured.map_or(utc, |sample| utc - now.since(sample.at));
    let values = telemetry::measured(view).into_iter().map(|(key, value)| {
        let reading = Reading { ts: ms(at), value };
        (key, reading)
    });
    Slot {
        number: view.setup.number.get().into(),
        name: view.setup.name.clone(),
        state: view
            .state
            .map_or_else(|| "starting".to_owned(), |state| state.to_string()),
        reason: view.state.and_then(telemetry::reason),
        vehicle_connected: view.vehicle_connected,
        available: view.state.map(|state| state == SlotState::Available),
        values: values.collect(),
        session: view.session.as_ref().map(|it| session(view, it)),
        verdict: view
            .judgement
            .map(|judgement| judgement.verdict.to_string()),
    }
}

fn session(view: &SlotView<'_>, it: &SessionView) -> Session {
    let cost = it
        .cost
        .map(|cost| (cost.amount().to_string(), cost.currency().code().to_owned()));
    let (cost, currency) = cost.unzip();
    Session {
        id: it.transaction.to_string(),
        station: ID.to_owned(),
        slot: view.setup.number.get().into(),
        vehicle: None,
        start: it.started.map(ms),
        end: None,
        energy_wh: Some(it.energy.plausible.kilowatt_hours() * 1000.0),
        doubtful_energy_wh: Some(it.energy.doubtful.kilowatt_hours() * 1000.0),
        cost,
        currency,
        state: view
            .state
            .map_or_else(|| "starting".to_owned(), |state| state.to_string()),
        end_reason: None,
        receipt: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarm_of_a_slot_begins_once_ends_once_and_another_follows() {
        let mut now = Now::default();
        let at = UtcTime::from_millis;
        let began = now
            .alarm(1, Some("Faulted: relay".to_owned()), at(10))
            .unwrap();
        assert_eq!(
            (began.began, began.ended, began.severity),
            (10, None, Severity::Critical)
        );
        assert_eq!(
            now.alarm(1, Some("Faulted: relay".to_owned()), at(20)),
            None
        );
        assert_eq!(now.alarm(2, None, at(20)), None);
        let ended = now
            .alarm(1, Some("Unavailable: no meter".to_owned()), at(30))
            .unwrap();
        assert_eq!((ended.id, ended.ended), (began.id, Some(30)));
        let next = now
            .alarm(1, Some("Unavailable: no meter".to_owned()), at(40))
            .unwrap();
        assert_eq!(next.began, 40);
        for n in 0..1000 {
            now.alarm(3, Some(format!("Unavailable: {n}")), at(n));
        }
        assert!(now.alarms.len() <= ALARMS, "the list is full");
    }
}
