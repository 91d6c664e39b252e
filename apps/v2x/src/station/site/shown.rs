//! What the keeper leaves for those who look: slots, values and alarms as they are now.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use v2x_charging::SlotState;
use v2x_roles::station::{SessionView, SlotView};
use v2x_units::{Instant, UtcTime};
use v2x_web::types::{Alarm, LiveEvent, Reading, Session, Slot};
use v2x_web::{Answer, Live, Said};

use super::ID;
use super::alarms::Alarms;
use crate::clock::Clock;
use crate::site::{NewestValues, ms, object};
use crate::station::rows::ALARMS_AFTER;
use crate::station::telemetry;

/// What is shown.
pub(in crate::station) struct Shown {
    live: Arc<Live>,
    newest: NewestValues,
    now: Mutex<Now>,
    /// Held by whoever acknowledges an alarm, the disk's time included.
    taking: Mutex<()>,
    alarms_from: Instant,
    tariffs: Mutex<String>,
}

struct Now {
    slots: Vec<Slot>,
    alarms: Alarms,
}

impl Shown {
    /// Nothing yet but the alarms of the past in a folder, and the tariffs that hold.
    pub(super) fn new(folder: &Path, tariffs: String, clock: &Clock) -> Self {
        Self {
            live: Arc::new(Live::new()),
            newest: NewestValues::default(),
            now: Mutex::new(Now {
                slots: Vec::new(),
                alarms: Alarms::open(folder.to_owned(), ms(now(clock))),
            }),
            taking: Mutex::new(()),
            alarms_from: clock.now().instant + ALARMS_AFTER,
            tariffs: Mutex::new(tariffs),
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
            if instant >= self.alarms_from && view.state.is_some() {
                alarms.push((view.setup.number.get(), telemetry::alarm(&view)));
            }
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
            events.extend(changed(slot, before, ms(utc)));
        }
        kept.slots = slots;
        for (slot, text) in alarms {
            let changed = kept.alarms.take(slot, text, utc).into_iter();
            events.extend(changed.map(LiveEvent::Alarm));
        }
        if instant >= self.alarms_from {
            let numbers = kept.slots.iter().map(|slot| u8::try_from(slot.number));
            let numbers: Vec<_> = numbers.filter_map(Result::ok).collect();
            let ended = kept.alarms.end_others(&numbers, utc).into_iter();
            events.extend(ended.map(LiveEvent::Alarm));
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

    /// Alarms, newest first.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.alarms.all()
    }

    /// Keeps and tells that somebody has seen an alarm.
    pub(super) fn acknowledge(&self, id: &str, user: &str, at: i64) -> Answer<Alarm> {
        // One after the other; the keeper does not wait for the disk here.
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        let now = || self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = now().alarms.see(id, user, at)?;
        let seen = match seen {
            Ok(seen) => seen,
            Err(known) => return Ok(known),
        };
        seen.write()?;
        let seen = now().alarms.seen(seen);
        self.live.publish(&LiveEvent::Alarm(seen.clone()));
        Ok(seen)
    }

    /// The text of the tariffs that hold.
    pub(super) fn tariffs(&self) -> String {
        let tariffs = self.tariffs.lock();
        tariffs.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Other tariffs hold from now on.
    pub(in crate::station) fn set_tariffs(&self, text: &str) {
        let tariffs = self.tariffs.lock();
        text.clone_into(&mut tariffs.unwrap_or_else(PoisonError::into_inner));
    }
}

/// What is told of a slot that is not as it was.
fn changed(slot: &Slot, before: Option<&Slot>, now: i64) -> Vec<LiveEvent> {
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
    let device = || format!("slot-{}", slot.number);
    if before.is_none_or(|before| before.values != slot.values)
        && let Some(ts) = slot.values.values().map(|reading| reading.ts).max()
    {
        let measured = slot.values.iter();
        let values = measured.map(|(key, reading)| (key.clone(), reading.value.clone()));
        events.push(LiveEvent::Values {
            device: device(),
            ts,
            values: values.collect(),
        });
    }
    // It is known now, whatever the meter's last word is worth.
    if before.is_none_or(|before| state(before) != state(slot)) {
        events.push(LiveEvent::Values {
            device: device(),
            ts: now,
            values: state(slot),
        });
    }
    events
}

/// What is known of a slot beside its meter.
fn state(slot: &Slot) -> BTreeMap<String, Value> {
    let state = Value::from(slot.state.clone());
    let flags = [
        ("available", slot.available),
        ("vehicle_connected", slot.vehicle_connected),
    ];
    // What nobody knows any more is told as such.
    let flags = flags.map(|(key, flag)| (key.to_owned(), flag.map_or(Value::Null, Value::from)));
    flags
        .into_iter()
        .chain([("state".to_owned(), state)])
        .collect()
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
    let reason = view.state.and_then(telemetry::reason);
    Slot {
        number: view.setup.number.get().into(),
        name: view.setup.name.clone(),
        state: view
            .state
            .map_or_else(|| "starting".to_owned(), |state| state.to_string()),
        said: Said::of_some(reason.as_deref()),
        reason,
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
    use v2x_charging::{EndReason, Fault, Outage, RelayFailure};

    use super::*;

    fn slot(state: &str, power: Option<(i64, f64)>) -> Slot {
        let reading = |(ts, power): (i64, f64)| {
            let value = power.into();
            ("power".to_owned(), Reading { ts, value })
        };
        Slot {
            number: 1,
            name: "Yard 1".to_owned(),
            state: state.to_owned(),
            reason: None,
            said: None,
            vehicle_connected: Some(true),
            available: Some(false),
            values: power.map(reading).into_iter().collect(),
            session: None,
            verdict: None,
        }
    }

    #[test]
    fn every_reason_of_a_slot_and_every_end_has_a_code_for_other_languages() {
        let outages = [
            Outage::NotHeardYet,
            Outage::Silent,
            Outage::SourceLost,
            Outage::NoMeasurement,
            Outage::OutOfService,
        ];
        let failures = RelayFailure::ALL.map(Fault::Relay).into_iter();
        let faults = failures.chain([Fault::RelayStuck]).map(SlotState::Faulted);
        for state in outages
            .map(SlotState::Unavailable)
            .into_iter()
            .chain(faults)
        {
            let reason = telemetry::reason(state).unwrap();
            assert!(Said::of(&reason).is_some(), "{reason}");
            let alarm = Said::of(&format!("{state}: {reason}")).unwrap();
            assert!(alarm.params["what"].said.is_some(), "{state}: {reason}");
        }
        for end in EndReason::ALL {
            assert!(Said::of(&end.to_string()).is_some(), "{end}");
        }
    }

    fn told(slot: &Slot, before: Option<&Slot>, now: i64) -> Vec<(i64, Vec<String>)> {
        let events = changed(slot, before, now);
        let keys = events.into_iter().map(|event| match event {
            LiveEvent::Values { ts, values, .. } => (ts, values.into_keys().collect()),
            other => panic!("{other:?}"),
        });
        keys.collect()
    }

    #[test]
    fn state_of_a_slot_is_told_when_it_changes_and_without_a_meter_too() {
        let state = ["available", "state", "vehicle_connected"].map(str::to_owned);
        let (preparing, charging) = (slot("Preparing", None), slot("Charging", None));
        assert_eq!(told(&preparing, None, 50), [(50, state.to_vec())]);
        assert_eq!(
            told(&charging, Some(&preparing), 60),
            [(60, state.to_vec())]
        );
        assert_eq!(told(&charging, Some(&charging), 70), []);
        // A measurement has its own time, also beside a state that is newer.
        let measured = slot("Charging", Some((40, 2000.0)));
        let power = (40, vec!["power".to_owned()]);
        let only = std::slice::from_ref(&power);
        assert_eq!(told(&measured, Some(&charging), 80), only);
        assert_eq!(
            told(&measured, Some(&preparing), 80),
            [power, (80, state.to_vec())]
        );
    }
}
