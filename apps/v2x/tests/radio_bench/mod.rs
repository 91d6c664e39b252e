//! An air for tests: a group of its own on the loopback interface, an operator, keys.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod board;
pub(crate) mod car_bus;
pub(crate) mod prototype_car;
mod prototype_radio;
pub(crate) mod prototype_station;
pub(crate) mod slot_board;
pub(crate) mod yard;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::{Path, PathBuf};

use rustix::net::{AddressFamily, SocketType, sockopt};
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

    /// A socket that hears everybody, and one that speaks.
    pub(crate) fn sockets(&self) -> (UdpSocket, UdpSocket) {
        let group: SocketAddrV4 = self.group.parse().unwrap();
        let hears = rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None).unwrap();
        sockopt::set_socket_reuseaddr(&hears, true).unwrap();
        rustix::net::bind(&hears, &group).unwrap();
        let hears = UdpSocket::from(hears);
        hears
            .join_multicast_v4(group.ip(), &Ipv4Addr::LOCALHOST)
            .unwrap();
        let speaks = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        sockopt::set_ip_multicast_if(&speaks, &Ipv4Addr::LOCALHOST).unwrap();
        (hears, speaks)
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
        self.slot_in("slot", name)
    }

    /// A slot with a folder of this name.
    pub(crate) fn slot_in(&self, folder: &str, name: &str) -> PathBuf {
        self.enroll(folder, &["--role", "station", "--name", name])
    }
}

impl Operator {
    /// Revokes a unit, and gives the new list to the folder of another.
    pub(crate) fn revoke(&self, name: &str, tell: &Path) {
        let pki = self.at("operator");
        self.keys(&["revoke", name, "--pki", &pki]);
        let fresh = tell.join("revocations.new");
        std::fs::copy(Path::new(&pki).join("revocations"), &fresh).unwrap();
        std::fs::rename(fresh, tell.join("revocations")).unwrap();
    }
}

/// Every receipt in a folder's store.
pub(crate) fn receipts(folder: &Path) -> Vec<V2gReceipt> {
    let path = folder.join("v2x.db");
    if !path.exists() {
        return Vec::new();
    }
    Store::open(&path).unwrap().v2g_receipts(100).unwrap()
}

/// What events of a kind in a folder's store say.
pub(crate) fn details(folder: &Path, kind: &str) -> Vec<String> {
    let path = folder.join("v2x.db");
    if !path.exists() {
        return Vec::new();
    }
    let events = Store::open(&path).unwrap().events(0, 10_000).unwrap();
    let of_kind = events.into_iter().filter(|it| it.event.kind == kind);
    of_kind.map(|it| it.event.detail).collect()
}

/// The rows of a car's table of what the radio brought.
pub(crate) fn radio_rows(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let tables = files.filter(|path| name(path).starts_with("ESP_now_data_"));
    let rows = tables.flat_map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    });
    rows.collect()
}

/// The newest receipt in a folder's store.
pub(crate) fn receipt(folder: &Path) -> Option<V2gReceipt> {
    let path = folder.join("v2x.db");
    let store = path.exists().then(|| Store::open(&path).unwrap())?;
    store.v2g_receipts(1).unwrap().pop()
}

/// A receipt as both ends signed it: only the station knows which session of its books it is of.
pub(crate) fn as_signed(receipt: &V2gReceipt) -> V2gReceipt {
    V2gReceipt {
        transaction: None,
        ..receipt.clone()
    }
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
