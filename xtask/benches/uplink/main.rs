//! What leaves the car and what it costs the disk: latency, bytes written per day, a backlog.
//!
//! The daemon runs as in a car, over a pseudo-terminal, against a mosquitto on loopback.
//!
//! | file | what it measures |
//! |---|---|
//! | `latency` | from a frame at the port to its row at a subscriber, 490 frames/s, a row per second |
//! | `written` | bytes written per day at a row per second (`/proc/<pid>/io`) |
//! | `drain` | a backlog of 24 h at a row per second, against rumqttc alone with the same messages |
//!
//! Names on the command line choose among them. Radio payloads have their own path and latency.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]
#![expect(
    clippy::disallowed_methods,
    reason = "what is measured is a stretch of time"
)]

#[path = "../processes/mod.rs"]
mod processes;

mod board;
mod drain;
mod latency;
mod written;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use processes::{Started, build};
use v2x_testbench::{Access, Mosquitto};

/// What each figure needs.
struct Place {
    v2x: PathBuf,
    folder: tempfile::TempDir,
    broker: Mosquitto,
}

impl Place {
    /// Starts the daemon on a port, into a folder of this name.
    fn daemon(&self, port: &Path, name: &str) -> Started {
        let mut command = Command::new(&self.v2x);
        command
            .env_remove("RUST_LOG")
            .env("V2X_MONITOR_LISTEN", "off")
            .env("V2X_MQTT_TOKEN", "token-of-a-bench")
            .env("V2X_MQTT_MESSAGES_LIMIT", "none")
            // Rows are uploaded even where nobody vouches for the clock.
            .env("V2X_TIME_WAIT_S", "0")
            .arg("vehicle")
            .arg("--collector")
            .arg(port)
            .arg("--out")
            .arg(self.folder.path().join(name))
            .args(["--mqtt", &self.broker.url()]);
        processes::start(command.stderr(Stdio::null()))
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| {
        let names = wanted.iter().filter(|word| !word.starts_with('-'));
        let names: Vec<_> = names.collect();
        names.is_empty() || names.iter().any(|word| *word == name)
    };
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return println!("skipped: no mosquitto");
    };
    // Not in a temporary folder, which may be in memory: what is written there is not counted.
    let target = std::env::var_os("CARGO_TARGET_TMPDIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
    let place = Place {
        v2x: std::env::var_os("V2X_BENCH_PROGRAM").map_or_else(build, PathBuf::from),
        folder: tempfile::tempdir_in(target).expect("a folder in target/"),
        broker,
    };
    if is_wanted("latency") {
        latency::measure(&place);
    }
    if is_wanted("written") {
        written::measure(&place);
    }
    if is_wanted("drain") {
        drain::measure(&place);
    }
}
