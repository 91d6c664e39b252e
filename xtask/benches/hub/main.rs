//! What a hub costs: a thousand devices, as much as it takes, and a viewer who does not read.
//!
//! The binary runs as users run it, without encryption, on loopback. The baseline is a mosquitto
//! under the same load in the same run, which keeps nothing.
//!
//! | figure | what it is |
//! |---|---|
//! | `hub/cpu` | 1,000 devices with a row of 18 keys a second each, in percent of a core |
//! | `hub/memory` | the most memory meanwhile, with a viewer of the live stream who reads nothing |
//! | `hub/endpoint` | rows a second, acknowledged when they are on disk, in messages of 100 rows |
//! | `hub/ingest` | rows a second into SQLite alone, in batches, against a file with the same syncs |

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]
#![expect(
    clippy::disallowed_methods,
    reason = "what is measured is a stretch of time"
)]

#[path = "../processes/mod.rs"]
mod processes;

mod devices;
mod ingest;
mod viewer;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use processes::{Started, build, measure, start, wait};
use tempfile::TempDir;
use v2x_testbench::free_port;

use devices::Devices;

/// As many devices as were promised.
const DEVICES: usize = 1000;
/// How long is measured.
const MEASURED: Duration = Duration::from_secs(15);
/// How long as much as possible is sent.
const FLOOD: Duration = Duration::from_secs(8);
/// The password of the hub's admin.
const PASSWORD: &str = "password-of-a-bench";

/// A hub with its devices' tokens.
struct Hub {
    process: Started,
    port: u16,
    pages: u16,
    tokens: Vec<String>,
    _folder: TempDir,
}

fn main() {
    ingest::measure();
    let v2x = std::env::var_os("V2X_BENCH_PROGRAM").map_or_else(build, PathBuf::from);
    let Some((broker, broker_port)) = mosquitto() else {
        return println!("skipped: no mosquitto");
    };
    let hub = Hub::start(&v2x);
    steady(&hub, &broker, broker_port);
    flood(&hub, broker_port);
    drop(broker);
}

/// A thousand devices, each a row a second.
fn steady(hub: &Hub, broker: &Started, broker_port: u16) {
    let viewer = viewer::Viewer::open(hub.pages, PASSWORD);
    let devices = Devices::connect(hub.port, &hub.tokens);
    let load = devices.pace(Duration::from_secs(1));
    let ours = measure(&hub.process, MEASURED);
    let sent = load.stop();
    drop(viewer);
    let devices = Devices::connect(broker_port, &hub.tokens);
    let load = devices.pace(Duration::from_secs(1));
    let theirs = measure(broker, MEASURED);
    let sent_there = load.stop();
    assert!(sent > 0 && sent_there > 0, "devices are acknowledged");
    println!(
        "bench hub/cpu: {:.1} %, {:.2} x mosquitto",
        ours.percent_of_a_core,
        theirs.percent_of_a_core / ours.percent_of_a_core
    );
    println!(
        "bench hub/memory: {:.1} MB, {:.2} x mosquitto",
        ours.resident_mb,
        theirs.resident_mb / ours.resident_mb
    );
}

/// As much as is taken, by fifty devices.
fn flood(hub: &Hub, broker_port: u16) {
    let some = &hub.tokens[..50];
    let ours = Devices::connect(hub.port, some).flood(FLOOD);
    let theirs = Devices::connect(broker_port, some).flood(FLOOD);
    println!(
        "bench hub/endpoint: {ours:.0} rows/s, {:.2} x mosquitto",
        ours / theirs
    );
}

impl Hub {
    fn start(v2x: &PathBuf) -> Self {
        let target = std::env::var_os("CARGO_TARGET_TMPDIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
        // Not in a temporary folder, which may be in memory: a sync costs nothing there.
        let folder = tempfile::tempdir_in(target).expect("a folder in target/");
        let out = folder.path().join("hub");
        let tokens = devices::add(&out, DEVICES);
        let (port, pages) = (free_port(), free_port());
        let mut command = Command::new(v2x);
        command
            .env_remove("RUST_LOG")
            .env("V2X_ENDPOINT_LISTEN", format!("127.0.0.1:{port}"))
            .env("V2X_ENDPOINT_LISTEN_TLS", "off")
            .env("V2X_DASHBOARD_LISTEN", format!("127.0.0.1:{pages}"))
            .env("V2X_HUB_ADMIN_PASSWORD", PASSWORD)
            .args(["hub", "--out"])
            .arg(&out);
        let process = start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        until_open(port);
        until_open(pages);
        Self {
            process,
            port,
            pages,
            tokens,
            _folder: folder,
        }
    }
}

/// The baseline: a broker that acknowledges and forgets.
fn mosquitto() -> Option<(Started, u16)> {
    let port = free_port();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("mosquitto.conf");
    let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n");
    std::fs::write(&config, text).expect("a writable folder");
    let mut command = Command::new("/usr/sbin/mosquitto");
    command.arg("-c").arg(&config);
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let started = Started(child.ok()?);
    until_open(port);
    Some((started, port))
}

fn until_open(port: u16) {
    for _ in 0..600 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        wait(Duration::from_millis(100));
    }
    panic!("nothing listens at port {port}");
}
