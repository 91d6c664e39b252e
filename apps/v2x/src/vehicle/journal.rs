//! The car's journal: trips, charges and alarms as they happen, on disk and for the broker.
//!
//! It lives in the keeper's thread. Beginnings and ends are written at once, what goes on every ten
//! seconds; so a kill takes at most ten seconds of a running trip or charge, which the next start
//! goes on with. What counts as a trip or a charge is decided in `v2x_roles`.

mod alarms;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::{info, warn};
use v2x_outbox::{Class, NewEntry};
use v2x_recording::v2g_sessions::{self, Session};
use v2x_roles::vehicle::{
    AlarmLimits, Battery, CapacityEstimate, Change, Charge, ChargeTracker, EpisodeId, Observation,
    Trip, TripDetector,
};
use v2x_store::{Store, StoreError, When};
use v2x_units::{AmpereHours, Amps, Instant, KilometersPerHour, Stamp, StateOfCharge, WattHours};
use v2x_uplink::thingsboard::{Value, Values};

use self::alarms::{AlarmNote, alarm_event, left_open};
pub(super) use self::alarms::{KeptAlarm, alarm_detail};
use super::disk::{Disk as _, Folder};
use super::line_file::LineFile;
use crate::daemon::entry;

/// How often a running trip or charge is written: the detail that a kill may take.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// Changes that wait for a disk that refuses: days of trips. When full, the oldest is given up,
/// counted and told.
const WAITING_MAX: usize = 256;
/// Decimals of what is sent: metres, milliampere hours.
const DECIMALS: u8 = 3;

/// Something that is to be written.
#[derive(Debug)]
enum Entry {
    Trip(Change<Trip>),
    Charge(Change<Charge>),
    Alarm(AlarmNote),
}

/// Follows the car and writes what it does.
pub(super) struct Journal {
    trips: TripDetector,
    charges: ChargeTracker,
    battery: Battery,
    ids: Ids,
    /// The newest step of what goes on, until it is due.
    running: (Option<Entry>, Option<Entry>),
    due: Instant,
    /// The moment of what is being written.
    when: When,
    waiting: VecDeque<(Entry, When)>,
    given_up: u64,
    /// Alarms on disk that have not ended.
    open_alarms: Vec<KeptAlarm>,
    /// Alarms that have reached the disk since somebody asked for them.
    told_alarms: Vec<KeptAlarm>,
    folder: PathBuf,
    sessions: Option<LineFile>,
}

/// Names for trips and charges: one random number per start, mixed with a count (SplitMix64).
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> EpisodeId {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        EpisodeId::new(mixed ^ (mixed >> 31))
    }
}

impl Journal {
    /// Goes on where the last run stopped; `drawn` is a random number of this start.
    pub(super) fn resume(
        store: &Store,
        folder: &Path,
        now: Stamp,
        drawn: u64,
    ) -> Result<Self, StoreError> {
        let mut journal = Self {
            trips: TripDetector::default(),
            charges: ChargeTracker::default(),
            battery: Battery::default(),
            ids: Ids(drawn),
            running: (None, None),
            due: now.instant,
            when: When::default(),
            waiting: VecDeque::new(),
            given_up: 0,
            open_alarms: left_open(store)?,
            told_alarms: Vec::new(),
            folder: folder.to_owned(),
            sessions: None,
        };
        // The battery is watched anew: what is still wrong is raised again.
        for left in journal.open_alarms.clone() {
            journal.wait(Entry::Alarm(AlarmNote {
                at: now.utc,
                alarm: left.alarm,
                is_raised: false,
                value: None,
            }));
        }
        if let Some(trip) = store.unfinished_trip()? {
            let change = journal.trips.resume(trip, now);
            change.into_iter().for_each(|change| journal.trip(change));
        }
        if let Some(charge) = store.unfinished_charge()? {
            let change = journal.charges.resume(charge, now);
            change.into_iter().for_each(|change| journal.charge(change));
        }
        Ok(journal)
    }

    /// Alarms are raised at these limits from now on.
    pub(super) fn set_limits(&mut self, limits: AlarmLimits) {
        self.battery.set_limits(limits);
    }

    /// What follows was seen at this moment.
    pub(super) fn set_when(&mut self, when: When) {
        self.when = when;
    }

    /// Takes one observation and writes what became of it, as far as the disk takes it.
    pub(super) fn observe(&mut self, seen: &Observation, store: &mut Store) {
        for change in self.trips.observe(seen, || self.ids.next()) {
            self.trip(change);
        }
        for change in self.charges.observe(seen, || self.ids.next()) {
            self.charge(change);
        }
        for change in self.battery.observe(seen) {
            self.wait(Entry::Alarm(AlarmNote {
                at: seen.at.utc,
                alarm: change.alarm,
                is_raised: change.is_raised,
                value: Some(change.value),
            }));
        }
        if seen.at.instant >= self.due {
            self.due = seen.at.instant + WRITE_EVERY;
            self.queue_running();
        }
        self.write(store);
    }

    /// Writes the last step of what goes on, for the next start to go on with.
    pub(super) fn close(&mut self, store: &mut Store) {
        self.queue_running();
        self.write(store);
        if !self.waiting.is_empty() {
            let entries = self.waiting.len();
            warn!(
                entries,
                "trips or charges are lost: the disk does not take them"
            );
        }
    }

    fn trip(&mut self, change: Change<Trip>) {
        if let Change::Candidate(_) | Change::Progressed(_) = change {
            self.running.0 = Some(Entry::Trip(change));
        } else {
            self.running.0 = None;
            self.wait(Entry::Trip(change));
        }
    }

    fn charge(&mut self, change: Change<Charge>) {
        if let Change::Candidate(_) | Change::Progressed(_) = change {
            self.running.1 = Some(Entry::Charge(change));
            return;
        }
        self.running.1 = None;
        if let Change::Ended(charge) = &change {
            self.log_session(charge);
        }
        self.wait(Entry::Charge(change));
    }

    fn queue_running(&mut self) {
        let (trip, charge) = (self.running.0.take(), self.running.1.take());
        trip.into_iter()
            .chain(charge)
            .for_each(|entry| self.wait(entry));
    }

    fn wait(&mut self, entry: Entry) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
            self.given_up += 1;
            warn!(
                so_far = self.given_up,
                "oldest change of a trip or charge given up"
            );
        }
        self.waiting.push_back((entry, self.when));
    }

    /// Writes in order until the disk refuses; the rest waits for the next observation.
    fn write(&mut self, store: &mut Store) {
        while let Some((entry, when)) = self.waiting.front() {
            let alarm = match write(entry, when, store) {
                Ok(alarm) => alarm,
                Err(error) => {
                    warn!(%error, "trips and charges wait for the disk");
                    return;
                }
            };
            if let Some((id, note)) = alarm {
                self.alarm_is_kept(id, note);
            }
            self.waiting.pop_front();
        }
    }

    fn alarm_is_kept(&mut self, id: i64, note: AlarmNote) {
        if note.is_raised {
            let began = KeptAlarm {
                id,
                alarm: note.alarm,
                began: note.at,
                value: note.value,
                ended: None,
            };
            self.open_alarms.push(began);
            self.told_alarms.push(began);
            return;
        }
        let ended = self
            .open_alarms
            .extract_if(.., |open| open.alarm == note.alarm);
        self.told_alarms.extend(ended.map(|open| KeptAlarm {
            ended: Some(note.at),
            ..open
        }));
    }

    /// Alarms that began or ended on disk since this was asked last.
    pub(super) fn take_alarms(&mut self) -> Vec<KeptAlarm> {
        std::mem::take(&mut self.told_alarms)
    }

    /// Adds a charge to the prototype's log, which begins with the first one of a run.
    fn log_session(&mut self, charge: &Charge) {
        let session = Session {
            ended: charge.last_charging(),
            duration: charge.duration(),
            soc: charge.soc(),
            available_energy: charge.available_energy(),
            strongest_current: charge.strongest_current(),
        };
        let name = v2g_sessions::file_name(charge.last_charging());
        if let Err(error) = self.add_session(&name, &session) {
            warn!(name, %error, "file cannot be written");
        }
    }

    /// All sessions of a run go into the file that is named after the first.
    fn add_session(&mut self, name: &str, session: &Session) -> io::Result<()> {
        let file = match &mut self.sessions {
            Some(file) => file,
            None => {
                let opened = Folder::new(&self.folder).append(name)?;
                self.sessions
                    .insert(LineFile::new(opened, v2g_sessions::HEADER))
            }
        };
        file.line(|line| v2g_sessions::write_row(line, session))?;
        file.flush()?;
        file.sync()
    }
}

/// Writes an entry; answers an alarm with the number of its event.
fn write(
    entry: &Entry,
    when: &When,
    store: &mut Store,
) -> Result<Option<(i64, AlarmNote)>, StoreError> {
    match entry {
        Entry::Trip(Change::Dismissed(id)) => store.dismiss_trip(*id),
        Entry::Trip(Change::Ended(trip)) => {
            info!(id = %trip.id(), cause = ?trip.end(), "trip ended");
            store.record_trip_at(trip, when, trip_upload(trip).as_ref())
        }
        Entry::Trip(Change::Candidate(trip) | Change::Started(trip) | Change::Progressed(trip)) => {
            store.record_trip_at(trip, when, None)
        }
        Entry::Charge(Change::Dismissed(id)) => store.dismiss_charge(*id),
        Entry::Charge(Change::Ended(charge)) => {
            info!(id = %charge.id(), cause = ?charge.end(), "charge ended");
            store.record_charge_at(charge, when, charge_upload(charge).as_ref())
        }
        Entry::Charge(
            Change::Candidate(charge) | Change::Started(charge) | Change::Progressed(charge),
        ) => store.record_charge_at(charge, when, None),
        Entry::Alarm(note) => {
            let id = store.record_event_at(&alarm_event(note), when)?;
            return Ok(Some((id, *note)));
        }
    }?;
    Ok(None)
}

fn number(value: Option<f64>) -> Option<Value> {
    value.and_then(|value| Value::number(value, DECIMALS))
}

fn word(value: Option<impl std::fmt::Debug>) -> Option<Value> {
    Value::text(format!("{:?}", value?)).ok()
}

fn seconds(time: Duration) -> Option<Value> {
    number(Some(time.as_secs_f64()))
}

fn trip_upload(trip: &Trip) -> Option<NewEntry> {
    let (from, to) = trip.soc();
    let flow = trip.flow();
    let mut values = Values::new();
    values.put("trip_id", Value::text(format!("trip {}", trip.id())).ok());
    values.put("trip_started", Value::text(trip.started().to_string()).ok());
    values.put("trip_end", word(trip.end()));
    values.put("trip_duration_s", seconds(trip.duration()));
    values.put(
        "trip_distance_km",
        number(trip.distance().map(|(way, _)| way.get())),
    );
    values.put(
        "trip_distance_by",
        word(trip.distance().map(|(_, source)| source)),
    );
    values.put(
        "trip_energy_out_wh",
        number(flow.energy_out().map(WattHours::get)),
    );
    values.put(
        "trip_energy_in_wh",
        number(flow.energy_in().map(WattHours::get)),
    );
    values.put("trip_energy_covers_s", seconds(flow.energy_covers()));
    values.put("trip_consumption_wh_km", number(trip.consumption()));
    values.put(
        "trip_fastest_kmh",
        number(trip.fastest().map(KilometersPerHour::get)),
    );
    values.put("trip_soc_from", number(from.map(StateOfCharge::percent)));
    values.put("trip_soc_to", number(to.map(StateOfCharge::percent)));
    entry(Class::Trip, trip.last_motion(), values)
}

fn charge_upload(charge: &Charge) -> Option<NewEntry> {
    let (from, to) = charge.soc();
    let flow = charge.flow();
    let capacity = CapacityEstimate::of(charge);
    let mut values = Values::new();
    values.put(
        "charge_id",
        Value::text(format!("charge {}", charge.id())).ok(),
    );
    values.put(
        "charge_started",
        Value::text(charge.started().to_string()).ok(),
    );
    values.put("charge_end", word(charge.end()));
    values.put("charge_is_inferred", Value::bool(charge.is_inferred()));
    values.put(
        "charge_interruptions",
        Value::integer(charge.interruptions().into()),
    );
    values.put("charge_duration_s", seconds(charge.duration()));
    values.put(
        "charge_energy_wh",
        number(flow.energy_in().map(WattHours::get)),
    );
    values.put("charge_energy_covers_s", seconds(flow.energy_covers()));
    values.put("charge_ah", number(flow.charge_in().map(AmpereHours::get)));
    values.put(
        "charge_strongest_a",
        number(charge.strongest_current().map(Amps::get)),
    );
    values.put(
        "charge_mean_a",
        number(charge.mean_current().map(Amps::get)),
    );
    values.put("charge_soc_from", number(from.map(StateOfCharge::percent)));
    values.put("charge_soc_to", number(to.map(StateOfCharge::percent)));
    values.put(
        "battery_capacity_ah",
        number(capacity.map(|it| it.full.get())),
    );
    values.put(
        "battery_capacity_off_ah",
        number(capacity.map(|it| it.uncertainty.get())),
    );
    entry(Class::Session, charge.last_charging(), values)
}

#[cfg(test)]
mod tests;
