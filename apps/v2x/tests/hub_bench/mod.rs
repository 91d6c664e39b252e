//! A hub under test: the program with its folder, its tools, and clients that are not ours.

#![allow(
    dead_code,
    reason = "each test uses the parts that it needs, and every test includes all of them"
)]

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Map, Value as Json};
use tempfile::TempDir;
use v2x_roles::hub::{DeviceId, Row};
use v2x_store::hub::{DeviceRow, HubStore};
use v2x_testbench::wait_until;
use v2x_units::UtcTime;

use crate::bench::SOON;
use crate::bench::program::{Process, v2x};

/// All times that a test writes.
const ALL: (UtcTime, UtcTime) = (
    UtcTime::from_millis(0),
    UtcTime::from_millis(4_000_000_000_000),
);

/// A folder for one hub, which can be started several times.
pub(crate) struct HubFolder {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

/// A hub that runs; does not outlive its test.
pub(crate) struct Hub {
    process: Process,
    log: PathBuf,
    port: u16,
}

impl HubFolder {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            settings: vec![
                ("V2X_ENDPOINT_LISTEN", "127.0.0.1:0".to_owned()),
                ("V2X_ENDPOINT_LISTEN_TLS", "off".to_owned()),
                ("V2X_DASHBOARD_LISTEN", "off".to_owned()),
                ("V2X_MONITOR_LISTEN", "off".to_owned()),
            ],
        }
    }

    /// Sets a variable of the environment for the hubs that start from now on.
    pub(crate) fn set(&mut self, variable: &'static str, value: &str) {
        self.settings.retain(|(other, _)| *other != variable);
        self.settings.push((variable, value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// Starts the hub; when this returns, devices can connect.
    pub(crate) fn start(&self, arguments: &[&str]) -> Hub {
        let log = self.path("log");
        let mut command = v2x();
        command.envs(self.settings.iter().cloned()).arg("hub");
        command.args(arguments).arg("--out").arg(self.out());
        command
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap());
        let mut hub = Hub {
            process: Process::start(&mut command),
            log,
            port: 0,
        };
        wait_until(SOON, "the hub runs", || {
            assert!(!hub.process.has_ended(), "{}", hub.log());
            hub.says(" runs")
        });
        hub.port = hub.port_after("mqtt://").unwrap_or_default();
        hub
    }

    /// A tool of the hub, as `device add`.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Output {
        let mut command = v2x();
        command
            .arg("hub")
            .args(arguments)
            .arg("--out")
            .arg(self.out());
        command.output().unwrap()
    }

    /// Adds a device; its token.
    pub(crate) fn add(&self, name: &str) -> String {
        let output = self.tool(&["device", "add", name]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The hub's file, to read in it, also while the hub runs.
    pub(crate) fn store(&self) -> HubStore {
        HubStore::open_to_read(&self.out().join("hub.db")).unwrap()
    }

    /// A device by its name and its gateway's.
    pub(crate) fn device(&self, name: &str) -> Option<DeviceRow> {
        let devices = self.store().devices().unwrap();
        devices.into_iter().find(|device| device.name == name)
    }

    /// All rows of a device.
    pub(crate) fn rows(&self, name: &str) -> Vec<Row> {
        self.device(name)
            .map_or_else(Vec::new, |device| self.rows_of(device.id))
    }

    pub(crate) fn rows_of(&self, device: DeviceId) -> Vec<Row> {
        self.store().messages(device, ALL, usize::MAX).unwrap()
    }

    /// Waits until a device has said this, in any row; that row.
    pub(crate) fn wait_for(&self, name: &str, values: &Json) -> Row {
        let wanted = values.as_object().unwrap();
        let mut found = None;
        wait_until(SOON, &format!("{values} of {name}"), || {
            let rows = self.rows(name);
            found = rows.into_iter().find(|row| has(&row.values, wanted));
            found.is_some()
        });
        found.unwrap()
    }
}

fn has(values: &Map<String, Json>, wanted: &Map<String, Json>) -> bool {
    wanted
        .iter()
        .all(|(key, value)| values.get(key) == Some(value))
}

impl Hub {
    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn says(&self, what: &str) -> bool {
        self.log().contains(what)
    }

    fn port_after(&self, scheme: &str) -> Option<u16> {
        let log = self.log();
        let (_, rest) = log.split_once(&format!("connect to {scheme}"))?;
        let address = rest.lines().next()?.trim();
        address.rsplit(':').next()?.parse().ok()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn port_tls(&self) -> u16 {
        self.port_after("mqtts://").unwrap()
    }

    /// The port of the dashboard.
    pub(crate) fn pages(&self) -> u16 {
        let log = self.log();
        let (_, rest) = log.split_once("dashboard is at ").unwrap();
        let (_, rest) = rest.split_once("://").unwrap();
        let address = rest.split('/').next().unwrap();
        address.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Ends it at once: what it has not handed to the system is gone.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Asks it to end, as systemd does, and waits until it has.
    pub(crate) fn stop(mut self) {
        self.process.terminate();
        let status = self.process.wait("the end of the hub");
        assert!(status.success(), "{}", self.log());
    }
}

/// Mosquitto's own client, as somebody who has never heard of us.
pub(crate) fn mosquitto_pub(port: u16, login: &[&str], topic: &str, payload: &str) -> Output {
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1"]);
    command.args(login).args(["-t", topic, "-m", payload]);
    let output = command.stdin(Stdio::null()).output();
    output.expect("mosquitto_pub runs; install mosquitto-clients")
}
