//! What `v2x vehicle` costs at the Twizy's bus speed: processor time and memory, broker included.
//!
//! `v2x replay` plays the invented drive at 490 frames per second into a pseudo-terminal; the
//! daemon writes everything it writes in a car and uploads to a mosquitto on loopback. The baseline
//! in the same run is `cat` copying the same port into a file: the least a logger can cost.
//! Measured from `/proc`, after a warm-up.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod processes;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use processes::{Started, against_cat, build, measure, start};

/// The Twizy's bus.
const FRAMES_PER_SECOND: &str = "490";
/// While measuring.
const MEASURED: Duration = Duration::from_secs(20);
/// A port of loopback that only this benchmark uses.
const PORT: &str = "27183";
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
        measure(&start(command.stderr(Stdio::null())), MEASURED)
    };
    let cat = {
        let (_replay, port) = start_replay(&v2x);
        let copy = File::create(folder.join("copy")).expect("the temporary folder can be written");
        measure(
            &start(Command::new("cat").arg(&port).stdout(copy)),
            MEASURED,
        )
    };
    println!(
        "bench vehicle/cpu: {:.2} % of a core, {:.2} x cat",
        ours.percent_of_a_core,
        against_cat(&ours, &cat, MEASURED)
    );
    println!(
        "bench vehicle/memory: {:.1} MB resident, {:.2} x cat",
        ours.resident_mb,
        cat.resident_mb / ours.resident_mb
    );
    drop(broker);
    fs::remove_dir_all(&folder).expect("the temporary folder can be removed");
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
