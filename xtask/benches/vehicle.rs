//! What `v2x vehicle` costs at the Twizy's bus speed: processor time and memory, broker included.
//!
//! `v2x replay` plays the invented drive at 490 frames per second into a pseudo-terminal; the
//! daemon writes everything it writes in a car and uploads to a mosquitto on loopback. The baseline
//! in the same run is `cat` copying the same port into a file: the least a logger can cost.
//! Measured from `/proc`, after a warm-up.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The Twizy's bus.
const FRAMES_PER_SECOND: &str = "490";
/// Before measuring: connections are made and files opened.
const WARM_UP: Duration = Duration::from_secs(3);
/// While measuring.
const MEASURED: Duration = Duration::from_secs(20);
/// A port of loopback that only this benchmark uses.
const PORT: &str = "27183";
/// Ticks of `/proc/<pid>/stat` per second, the same on every Linux that people run.
const TICKS: f64 = 100.0;

/// A process that ends with the benchmark.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        self.0.wait().map(drop).unwrap_or_default();
    }
}

/// What a process used.
struct Used {
    percent_of_a_core: f64,
    resident_mb: f64,
}

fn main() {
    let v2x = build();
    let folder = std::env::temp_dir().join(format!("v2x-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let broker = start_broker(&folder);
    let ours = {
        let (_replay, port) = start_replay(&v2x);
        let mut command = Command::new(&v2x);
        command
            .args(["vehicle", "--collector", &port, "--out"])
            .arg(folder.join("out"));
        if broker.is_some() {
            command.args(["--mqtt", &format!("mqtt://127.0.0.1:{PORT}")]);
        }
        measure(command.stderr(Stdio::null()))
    };
    let cat = {
        let (_replay, port) = start_replay(&v2x);
        let copy = File::create(folder.join("copy")).expect("the temporary folder can be written");
        measure(Command::new("cat").arg(&port).stdout(copy))
    };
    println!(
        "bench vehicle/cpu: {:.2} % of a core, {:.2} x cat",
        ours.percent_of_a_core,
        cat.percent_of_a_core.max(1.0 / MEASURED.as_secs_f64()) / ours.percent_of_a_core
    );
    println!(
        "bench vehicle/memory: {:.1} MB resident, {:.2} x cat",
        ours.resident_mb,
        cat.resident_mb / ours.resident_mb
    );
    drop(broker);
    fs::remove_dir_all(&folder).expect("the temporary folder can be removed");
}

/// Builds the binary as users run it.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "v2x"])
        .current_dir(&root)
        .status()
        .expect("cargo runs");
    assert!(built.success(), "v2x does not build");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    target.join("release/v2x")
}

fn start_broker(folder: &Path) -> Option<Started> {
    let configuration = folder.join("mosquitto.conf");
    fs::write(
        &configuration,
        format!("listener {PORT} 127.0.0.1\nallow_anonymous true\n"),
    )
    .expect("the temporary folder can be written");
    let mut command = Command::new("mosquitto");
    command
        .arg("-c")
        .arg(configuration)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.spawn() {
        Ok(child) => Some(Started(child)),
        Err(error) => {
            println!("skipped: uploading (mosquitto: {error})");
            None
        }
    }
}

fn start_replay(v2x: &Path) -> (Started, String) {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interfaces/samples");
    let mut child = Command::new(v2x)
        .arg("replay")
        .args([samples.join("drive.log"), samples.join("drive_gnss.csv")])
        .args(["--rate", FRAMES_PER_SECOND, "--for", "120"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("v2x replay starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("standard output is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("v2x replay says its port");
    (Started(child), line.trim().to_owned())
}

/// Runs a process for the measured time.
fn measure(command: &mut Command) -> Used {
    let child = Started(
        command
            .stdin(Stdio::null())
            .spawn()
            .expect("the process starts"),
    );
    wait(WARM_UP);
    let before = ticks(&child);
    wait(MEASURED);
    let used = ticks(&child) - before;
    Used {
        percent_of_a_core: used / TICKS / MEASURED.as_secs_f64() * 100.0,
        resident_mb: resident_kb(&child) / 1024.0,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is a stretch of time"
)]
fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// Processor time so far, user and system (fields 14 and 15 of `/proc/<pid>/stat`).
fn ticks(child: &Started) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/stat", child.0.id())).expect("it runs");
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum()
}

fn resident_kb(child: &Started) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/status", child.0.id())).expect("it runs");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0)
}
