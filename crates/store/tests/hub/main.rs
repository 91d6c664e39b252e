//! The hub's file: each moment once, newest values after a kill, few points of a long time, alarms
//! in any order, and a copy that holds the same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alarms;
mod copies;
mod devices;
mod history;
mod messages;
mod retention;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use tempfile::TempDir;
use v2x_roles::hub::{DeviceId, DeviceKind, Row};
use v2x_store::hub::{Arrival, Asked, Credential, History, HubStore};
use v2x_units::UtcTime;

/// 2026-11-24T10:00:00Z, the beginning of an hour.
const HOUR: i64 = 1_795_514_400_000;

fn at(seconds: i64) -> UtcTime {
    UtcTime::from_millis(HOUR + seconds * 1000)
}

fn object(values: &Json) -> Map<String, Json> {
    values.as_object().unwrap().clone()
}

fn arrival(device: DeviceId, seconds: i64, values: &Json) -> Arrival {
    Arrival {
        device,
        row: Row {
            ts: at(seconds),
            values: object(values),
        },
        episodes: Vec::new(),
        alarms: Vec::new(),
    }
}

struct Bench {
    folder: TempDir,
    store: HubStore,
    car: DeviceId,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = HubStore::open(&folder.path().join("hub.db")).unwrap();
        let token = Credential::Token([7; 32]);
        let added = store.add_device("Car \"7\"", DeviceKind::Vehicle, Some(&token), at(0));
        let car = added.unwrap().unwrap();
        Self { folder, store, car }
    }

    fn say(&mut self, seconds: i64, values: &Json) {
        self.store
            .record(&[arrival(self.car, seconds, values)])
            .unwrap();
    }

    /// Rolls up everything that is due; says how many hours that were.
    fn roll_up(&mut self, now: UtcTime) -> usize {
        let mut hours = 0;
        while self.store.roll_up_one(now, 0).unwrap() {
            hours += 1;
        }
        hours
    }

    fn rows(&self) -> Vec<Row> {
        let all = (UtcTime::from_millis(0), at(1_000_000));
        self.store.messages(self.car, all, usize::MAX).unwrap()
    }

    fn history(&self, keys: &[&str], (from, to): (i64, i64), points: usize) -> History {
        let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let asked = Asked {
            device: self.car,
            keys,
            from: at(from),
            to: at(to),
            points,
        };
        self.store.history(&asked).unwrap()
    }
}
