//! All devices as they are now: newest values, who is online, which alarms go on. In memory, for
//! pages and devices that ask; what is on disk is the books' matter.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use serde_json::{Map, Value as Json};
use v2x_roles::hub::{DeviceId, DeviceKind, Latest, Presence, Taken};
use v2x_store::StoreError;
use v2x_store::hub::{AlarmRow, Arrival, DeviceRow, HubStore, Scope};
use v2x_units::UtcTime;

/// One device.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) row: DeviceRow,
    pub(crate) latest: Latest,
    /// What it says of itself.
    pub(crate) client: Map<String, Json>,
    pub(crate) presence: Presence,
    /// Alarms that go on.
    pub(crate) alarms: Vec<AlarmRow>,
    /// What was last told of its being online.
    was_online: bool,
}

/// A device that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) device: DeviceId,
    pub(crate) kind: DeviceKind,
    pub(crate) is_online: bool,
    pub(crate) last_seen: Option<UtcTime>,
}

impl Turn {
    /// A device that is not there now.
    pub(crate) fn gone(known: &Known) -> Self {
        Self {
            device: known.row.id,
            kind: known.row.kind,
            is_online: false,
            last_seen: known.presence.last_seen(),
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    devices: RwLock<HashMap<DeviceId, Known>>,
    changed: RwLock<Changed>,
}

/// What has changed since it was last kept.
#[derive(Debug, Default)]
struct Changed {
    latest: HashSet<DeviceId>,
    seen: HashSet<DeviceId>,
}

impl Fleet {
    /// As the last run has left it; nobody is online yet.
    pub(crate) fn load(store: &HubStore, now: UtcTime) -> Result<Self, StoreError> {
        let fleet = Self::default();
        let mut latest = store.latest(now)?;
        let alarms = store.open_alarms()?;
        for row in store.devices()? {
            let mut known = fresh(row, store)?;
            let id = known.row.id;
            known.latest = latest.remove(&id).unwrap_or_default();
            let own = alarms.iter().filter(|alarm| alarm.device == id);
            known.alarms = own.cloned().collect();
            fleet.write().insert(id, known);
        }
        Ok(fleet)
    }

    /// Takes up devices that were added beside this process, and lets go those that are gone;
    /// answers the latter and those that have another login now: none of them may stay connected.
    ///
    /// Only in the thread that writes: another one may read a list without a device that was put
    /// here meanwhile, and would let it go with everything that is known of it.
    pub(crate) fn refresh(&self, store: &HubStore) -> Result<Vec<DeviceId>, StoreError> {
        let rows = store.devices()?;
        let there: HashSet<DeviceId> = rows.iter().map(|row| row.id).collect();
        let mut to_part = Vec::new();
        for row in rows {
            let login = self.read().get(&row.id).map(|known| known.row.login_made);
            match login {
                Some(login) if login == row.login_made => {}
                Some(_) => {
                    self.has_login_of(row.id, row.login_made);
                    to_part.push(row.id);
                }
                None => {
                    let known = fresh(row, store)?;
                    self.write().entry(known.row.id).or_insert(known);
                }
            }
        }
        let mut devices = self.write();
        to_part.extend(devices.keys().filter(|id| !there.contains(id)));
        devices.retain(|id, _| there.contains(id));
        Ok(to_part)
    }

    /// A device has a login that was made then.
    pub(crate) fn has_login_of(&self, id: DeviceId, made: Option<UtcTime>) {
        self.with(id, |known| known.row.login_made = made);
    }

    /// One device.
    pub(crate) fn get(&self, id: DeviceId) -> Option<Known> {
        self.read().get(&id).cloned()
    }

    /// All devices, in the order of their making.
    pub(crate) fn all(&self) -> Vec<Known> {
        let mut all: Vec<_> = self.read().values().cloned().collect();
        all.sort_by_key(|known| known.row.id);
        all
    }

    /// Devices behind a gateway.
    pub(crate) fn behind(&self, gateway: DeviceId) -> Vec<DeviceId> {
        let devices = self.read();
        let behind = devices.values();
        behind
            .filter(|known| known.row.parent == Some(gateway))
            .map(|known| known.row.id)
            .collect()
    }

    /// A connection of a device has begun.
    pub(crate) fn connect(&self, id: DeviceId, now: UtcTime) {
        self.with(id, |known| known.presence.connect(now));
        self.changed().seen.insert(id);
    }

    /// A connection of a device has ended.
    pub(crate) fn disconnect(&self, id: DeviceId) {
        self.with(id, |known| known.presence.disconnect());
    }

    /// A device was heard.
    pub(crate) fn hear(&self, id: DeviceId, now: UtcTime) {
        self.with(id, |known| known.presence.hear(now));
        self.changed().seen.insert(id);
    }

    /// Takes rows that are on disk; answers what became of each.
    pub(crate) fn take(&self, arrivals: &[Arrival], now: UtcTime) -> Vec<Taken> {
        let mut devices = self.write();
        let taken: Vec<Taken> = arrivals
            .iter()
            .map(|arrival| match devices.get_mut(&arrival.device) {
                Some(known) => known.latest.take(&arrival.row, now),
                None => Taken::default(),
            })
            .collect();
        drop(devices);
        let mut changed = self.changed();
        for (arrival, taken) in arrivals.iter().zip(&taken) {
            if taken.is_newer {
                changed.latest.insert(arrival.device);
            }
        }
        taken
    }

    /// Takes alarms as they are on disk now.
    pub(crate) fn take_alarms(&self, alarms: &[AlarmRow]) {
        for alarm in alarms {
            self.with(alarm.device, |known| {
                known.alarms.retain(|other| other.id != alarm.id);
                if alarm.ended.is_none() {
                    known.alarms.push(alarm.clone());
                }
            });
        }
    }

    /// Takes what a device says of itself, but for what had no room on the disk.
    pub(crate) fn describe(
        &self,
        id: DeviceId,
        values: &Map<String, Json>,
        passed_over: &[String],
    ) {
        self.with(id, |known| {
            for (key, value) in values.iter().filter(|(key, _)| !passed_over.contains(key)) {
                if value.is_null() {
                    known.client.remove(key);
                } else {
                    known.client.insert(key.clone(), value.clone());
                }
            }
        });
    }

    /// What a device turns out to be by what it says; `None` when that is known or not told.
    pub(crate) fn learn(&self, id: DeviceId, values: &Map<String, Json>) -> Option<DeviceKind> {
        let is_behind = {
            let devices = self.read();
            let known = devices.get(&id)?;
            if known.row.kind != DeviceKind::Unknown {
                return None;
            }
            known.row.parent.is_some()
        };
        let kind = DeviceKind::told_by(values, is_behind)?;
        self.with(id, |known| known.row.kind = kind);
        Some(kind)
    }

    /// Puts a device that was just made.
    pub(crate) fn put(&self, row: DeviceRow) {
        let id = row.id;
        self.write().entry(id).or_insert_with(|| known(row));
    }

    /// Lets a device go, with those behind it; answers all of them.
    pub(crate) fn remove(&self, id: DeviceId) -> Vec<DeviceId> {
        let mut gone = self.behind(id);
        gone.push(id);
        self.write().retain(|id, _| !gone.contains(id));
        gone
    }

    /// Who came or went since the last call.
    pub(crate) fn turns(&self, now: UtcTime, inactive_after: Duration) -> Vec<Turn> {
        let mut devices = self.write();
        let turned = devices.values_mut().filter_map(|known| {
            let is_online = known.presence.is_online(now, inactive_after);
            let turned = is_online != known.was_online;
            known.was_online = is_online;
            turned.then(|| Turn {
                device: known.row.id,
                kind: known.row.kind,
                is_online,
                last_seen: known.presence.last_seen(),
            })
        });
        turned.collect()
    }

    /// Newest values that changed since the last call, to be kept.
    pub(crate) fn changed_latest(&self) -> Vec<(DeviceId, Latest)> {
        let changed = std::mem::take(&mut self.changed().latest);
        let devices = self.read();
        let changed = changed.into_iter();
        changed
            .filter_map(|id| Some((id, devices.get(&id)?.latest.clone())))
            .collect()
    }

    /// Devices that were heard since the last call, with when, to be kept.
    pub(crate) fn changed_seen(&self) -> Vec<(DeviceId, UtcTime)> {
        let changed = std::mem::take(&mut self.changed().seen);
        let devices = self.read();
        let changed = changed.into_iter();
        changed
            .filter_map(|id| Some((id, devices.get(&id)?.presence.last_seen()?)))
            .collect()
    }

    /// Has to be kept again: the disk did not take it.
    pub(crate) fn not_kept(&self, latest: impl Iterator<Item = DeviceId>) {
        self.changed().latest.extend(latest);
    }

    /// How many alarms of a severity go on.
    pub(crate) fn alarms_open(&self, severity: &str) -> usize {
        let devices = self.read();
        let alarms = devices.values().flat_map(|known| &known.alarms);
        alarms.filter(|alarm| alarm.severity == severity).count()
    }

    /// How many devices there are, and how many of them are online.
    pub(crate) fn counts(&self, now: UtcTime, inactive_after: Duration) -> (usize, usize) {
        let devices = self.read();
        let online = devices.values();
        let online = online.filter(|known| known.presence.is_online(now, inactive_after));
        (devices.len(), online.count())
    }

    fn with(&self, id: DeviceId, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.write().get_mut(&id) {
            change(known);
        }
    }

    // A thread that panicked has left whole values: each change is one assignment.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<DeviceId, Known>> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<DeviceId, Known>> {
        self.devices.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> RwLockWriteGuard<'_, Changed> {
        self.changed.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fresh(row: DeviceRow, store: &HubStore) -> Result<Known, StoreError> {
    let client = store.attributes(row.id, Scope::Client)?;
    Ok(Known {
        client,
        ..known(row)
    })
}

fn known(row: DeviceRow) -> Known {
    Known {
        presence: Presence::last_seen_at(row.last_seen),
        row,
        latest: Latest::default(),
        client: Map::new(),
        alarms: Vec::new(),
        was_online: false,
    }
}
