//! An air for tests: a group of its own on the loopback interface, an operator, keys.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod car_bus;
pub(crate) mod prototype_car;
pub(crate) mod slot_board;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use v2x_store::{Store, V2gReceipt};

use super::bench::car::Car;
use super::bench::program::run;

/// A multicast group that nobody else speaks in: its port was free a moment ago.
pub(crate) struct Air {
    pub(crate) group: String,
}

impl Air {
    pub(crate) fn new() -> Self {
        let port = v2x_testbench::free_port();
        Self {
            group: format!("239.255.71.71:{port}"),
        }
    }

    /// The station's table `[radio]`.
    pub(crate) fn table(&self) -> String {
        format!("[radio]\nair = \"udp\"\nudp_group = \"{}\"\n", self.group)
    }

    /// Lets a car speak on this air with these keys.
    pub(crate) fn give_to(&self, car: &Car, keys: &Path) {
        car.set("V2X_RADIO_AIR", "udp");
        car.set("V2X_RADIO_UDP_GROUP", &self.group);
        car.set("V2X_RADIO_KEYS", keys.to_str().unwrap());
    }
}

/// An operator with its units.
pub(crate) struct Operator(TempDir);

impl Operator {
    pub(crate) fn new() -> Self {
        let operator = Self(tempfile::tempdir().unwrap());
        operator.keys(&["init", &operator.at("operator")]);
        operator
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn keys(&self, arguments: &[&str]) {
        let ran = run(&[&["keys"], arguments].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }

    fn enroll(&self, folder: &str, more: &[&str]) -> PathBuf {
        let (path, pki) = (self.at(folder), self.at("operator"));
        self.keys(&[&["enroll", &path, "--pki", &pki], more].concat());
        path.into()
    }

    pub(crate) fn car(&self, name: &str) -> PathBuf {
        let role = ["--role", "vehicle", "--name", name, "--battery-data", "yes"];
        self.enroll(name, &role)
    }

    pub(crate) fn slot(&self, name: &str) -> PathBuf {
        self.enroll("slot", &["--role", "station", "--name", name])
    }
}

/// The newest receipt in a folder's store.
pub(crate) fn receipt(folder: &Path) -> Option<V2gReceipt> {
    let path = folder.join("v2x.db");
    let store = path.exists().then(|| Store::open(&path).unwrap())?;
    store.v2g_receipts(1).unwrap().pop()
}

/// How many events of a kind are in a folder's store.
pub(crate) fn events(folder: &Path, kind: &str) -> usize {
    let path = folder.join("v2x.db");
    if !path.exists() {
        return 0;
    }
    let events = Store::open(&path).unwrap().events(0, 10_000).unwrap();
    events.iter().filter(|it| it.event.kind == kind).count()
}

/// The stations that were neighbours of a car, by their numbers.
pub(crate) fn neighbours(folder: &Path) -> BTreeSet<String> {
    let path = folder.join("v2x.db");
    if !path.exists() {
        return BTreeSet::new();
    }
    let events = Store::open(&path).unwrap().events(0, 10_000).unwrap();
    let appeared = (events.into_iter()).filter(|it| it.event.kind == "v2v_neighbour_appeared");
    appeared.map(|it| it.event.detail).collect()
}
