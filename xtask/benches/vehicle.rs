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

use v2x_testbench::{Access, Mosquitto};

use processes::{Started, against_cat, build, measure, start};

/// The Twizy's bus.
const FRAMES_PER_SECOND: &str = "490";
/// While measuring.
const MEASURED: Duration = Duration::from_secs(20);

fn main() {
    let v2x = build();
    let folder = std::env::temp_dir().join(format!("v2x-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let broker = Mosquitto::start(&Access::Everybody);
    if broker.is_none() {
        println!("skipped: uploading (no mosquitto)");
    }
    let ours = {
        let (_replay, port) = start_replay(&v2x);
        let mut command = Command::new(&v2x);
        command
            // Rows are uploaded even where nobody vouches for the clock.
            .env("V2X_TIME_WAIT_S", "0")
            .args(["vehicle", "--collector", &port, "--out"])
            .arg(folder.join("out"));
        if let Some(broker) = &broker {
            command.args(["--mqtt", &broker.url()]);
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
