//! A station under test: boards and meters on pseudo-terminals, the program, what its broker hears.

#![allow(
    dead_code,
    reason = "each test uses the parts that it needs, and every test includes all of them"
)]

pub(crate) mod board;
pub(crate) mod line;
pub(crate) mod pzem;
pub(crate) mod slot_board;
pub(crate) mod staged;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Map, Value};
use tempfile::TempDir;
use v2x_testbench::{Received, Subscriber, wait_until};

/// Long enough for anything on a computer that is busy with other builds.
pub(crate) const SOON: Duration = Duration::from_secs(120);

/// A folder for one station: configuration, serial lines by stable names, store.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.path("out")
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Starts `v2x station` with these arguments, its folder and its broker.
    pub(crate) fn station(&self, arguments: &[&str], broker: Option<&str>) -> Station {
        let mut command = v2x();
        command
            .arg("station")
            .args(arguments)
            .arg("--out")
            .arg(self.out());
        if let Some(url) = broker {
            command.args(["--mqtt", url]);
        }
        let log = fs::File::create(self.path("log")).unwrap();
        command.stderr(log).stdout(Stdio::null());
        Station {
            process: command.spawn().unwrap(),
            log: self.path("log"),
        }
    }

    /// Asks `v2x session`.
    pub(crate) fn session(&self, question: &[&str]) -> Output {
        let mut command = v2x();
        command.arg("session").args(question);
        command.arg("--out").arg(self.out()).output().unwrap()
    }

    /// What `v2x session` answers in JSON.
    pub(crate) fn session_json(&self, question: &[&str]) -> Value {
        let output = self.session(question);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{question:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn v2x() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_v2x"));
    command.env_remove("V2X_MQTT_TOKEN").env_remove("RUST_LOG");
    command.env("V2X_MONITOR_LISTEN", "off");
    command.stdin(Stdio::null());
    command
}

/// The program; does not outlive its test.
pub(crate) struct Station {
    process: Child,
    log: PathBuf,
}

impl Station {
    /// Ends it at once: what it has not handed to the system is gone.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end, as systemd does, and waits until it has.
    pub(crate) fn stop(mut self) {
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        wait_until(SOON, "the end of the station", || {
            self.process.try_wait().unwrap().is_some()
        });
        assert!(self.process.wait().unwrap().success(), "{}", self.log());
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        read_log(&self.log)
    }
}

fn read_log(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

impl Drop for Station {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
        if std::thread::panicking() {
            #[expect(clippy::print_stdout, reason = "a test that fails shows what was said")]
            {
                println!("{}", read_log(&self.log));
            }
        }
    }
}

/// A row as it came to the broker: its time in milliseconds and its values.
pub(crate) type Row = (i64, Map<String, Value>);

/// The rows of the station's own device that hold a key.
pub(crate) fn rows_with(heard: &Subscriber, key: &str) -> Vec<Row> {
    let rows = heard.received().into_iter();
    let rows = rows.filter(|message| message.topic == "v1/devices/me/telemetry");
    let rows = rows.flat_map(|message| match parse(&message) {
        Value::Array(rows) => rows,
        row => vec![row],
    });
    rows.map(|row| stamped(&row))
        .filter(|(_, values)| values.contains_key(key))
        .collect()
}

/// The newest row of a slot's device.
pub(crate) fn newest_of(heard: &Subscriber, device: &str) -> Option<Row> {
    let rows = heard.received().into_iter().rev();
    let mut rows = rows.filter(|message| message.topic == "v1/gateway/telemetry");
    rows.find_map(|message| {
        let devices = parse(&message);
        let [row] = devices.get(device)?.as_array()?.as_slice() else {
            panic!("one row a message")
        };
        Some(stamped(row))
    })
}

/// Waits until the newest row of a slot's device is as wanted, and returns it.
pub(crate) fn await_slot(
    heard: &Subscriber,
    device: &str,
    what: &str,
    wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Row {
    let mut found = None;
    wait_until(SOON, what, || {
        found = newest_of(heard, device).filter(|(_, values)| wanted(values));
        found.is_some()
    });
    found.unwrap()
}

fn stamped(row: &Value) -> Row {
    let values = row["values"].as_object().unwrap().clone();
    (row["ts"].as_i64().unwrap(), values)
}

/// Sends a command to the station's device and waits for its answer.
pub(crate) fn ask(server: &Subscriber, id: u32, command: &Value) -> Value {
    let request = format!("v1/devices/me/rpc/request/{id}");
    server.publish(&request, &command.to_string());
    let response = format!("v1/devices/me/rpc/response/{id}");
    answer(server, |topic, _| topic == response)
}

/// Waits for the first message that is the answer.
pub(crate) fn answer(server: &Subscriber, is_it: impl Fn(&str, &Value) -> bool) -> Value {
    let mut found = None;
    wait_until(SOON, "an answer", || {
        let messages = server.received().into_iter();
        found = messages
            .map(|message| (message.topic.clone(), parse(&message)))
            .find(|(topic, payload)| is_it(topic, payload))
            .map(|(_, payload)| payload);
        found.is_some()
    });
    found.unwrap()
}

fn parse(message: &Received) -> Value {
    serde_json::from_slice(&message.payload).unwrap()
}
