//! What a full bus costs `v2x vehicle`: 4,504 frames of 8 bytes per second, framed and as text.
//!
//! `v2x replay` plays the invented drive's frames of 8 bytes into a pseudo-terminal at the rate of
//! a full bus of 500 kbit/s; the daemon decodes and writes everything it writes in a car. The
//! baseline in the same run is `cat` copying the same port into a file. Frames that were sent and
//! are not in the raw log are lost. `V2X_BENCH_SECONDS` sets how long is measured.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod processes;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use processes::{Started, Used, against_cat, build, measure, start};

/// A full bus of 500 kbit/s with 8 data bytes, without stuffed bits.
const FRAMES_PER_SECOND: &str = "4504";
/// Seconds of measuring, unless `V2X_BENCH_SECONDS` says it.
const SECONDS: u64 = 60;
/// Seconds that are played besides: warm-up and start.
const BESIDES: u64 = 5;

/// A recording that is played.
struct Replay {
    process: Started,
    out: BufReader<ChildStdout>,
    port: String,
}

fn main() {
    let seconds = std::env::var("V2X_BENCH_SECONDS").map_or(SECONDS, |text| {
        text.parse().expect("V2X_BENCH_SECONDS is a number")
    });
    let v2x = build();
    let folder = std::env::temp_dir().join(format!("v2x-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let recording = frames_of_eight_bytes(&folder);
    for link in ["framed", "text"] {
        let play = || Replay::start(&v2x, &recording, link, seconds + BESIDES);
        let time = Duration::from_secs(seconds);
        let cat = cat(play(), &folder, time);
        let out = folder.join(link);
        let (ours, lost, sent) = vehicle(&v2x, play(), &out, time);
        println!(
            "bench link/{link}-cpu: {:.2} % of a core, {:.2} x cat",
            ours.percent_of_a_core,
            against_cat(&ours, &cat, time)
        );
        println!(
            "bench link/{link}-lost: {lost} frames of {sent}, {:.2} x cat, which loses none",
            if lost == 0 { 1.0 } else { 0.0 }
        );
    }
    fs::remove_dir_all(&folder).expect("the temporary folder can be removed");
}

/// The frames of the invented drive that have 8 bytes, as a recording of their own.
fn frames_of_eight_bytes(folder: &Path) -> PathBuf {
    let drive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interfaces/samples/drive.log");
    let drive = fs::read_to_string(drive).expect("the invented drive is there");
    let has_eight = |line: &&str| line.rsplit('#').next().is_some_and(|data| data.len() == 16);
    let mut lines: Vec<&str> = drive.lines().filter(has_eight).collect();
    lines.push("");
    let path = folder.join("eight_bytes.log");
    fs::write(&path, lines.join("\n")).expect("the temporary folder can be written");
    path
}

impl Replay {
    fn start(v2x: &Path, recording: &Path, link: &str, seconds: u64) -> Self {
        let mut command = Command::new(v2x);
        command.arg("replay").arg(recording).args(["--link", link]);
        command.args(["--rate", FRAMES_PER_SECOND, "--for", &seconds.to_string()]);
        let mut process = start(command.stdout(Stdio::piped()));
        let mut out = BufReader::new(process.0.stdout.take().expect("standard output is piped"));
        let mut port = String::new();
        out.read_line(&mut port).expect("v2x replay says its port");
        let port = port.trim().to_owned();
        Self { process, out, port }
    }

    /// Waits for its end and gives the frames that it sent.
    fn finish(mut self) -> u64 {
        let mut last = String::new();
        self.out
            .read_to_string(&mut last)
            .expect("v2x replay says what it sent");
        self.process.0.wait().expect("v2x replay ends");
        let sent = last.split(' ').nth(1).and_then(|count| count.parse().ok());
        sent.expect("v2x replay counts its frames")
    }
}

/// What copying the port costs.
fn cat(replay: Replay, folder: &Path, time: Duration) -> Used {
    let copy = File::create(folder.join("copy")).expect("the temporary folder can be written");
    let cat = start(Command::new("cat").arg(&replay.port).stdout(copy));
    measure(&cat, time)
}

/// What the daemon costs, the frames that it lost, and those that it was sent.
fn vehicle(v2x: &Path, replay: Replay, out: &Path, time: Duration) -> (Used, u64, u64) {
    let mut command = Command::new(v2x);
    command.args(["vehicle", "--collector", &replay.port, "--out"]);
    let mut daemon = start(command.arg(out).stderr(Stdio::null()));
    let used = measure(&daemon, time);
    let sent = replay.finish();
    let id = daemon.0.id().to_string();
    let asked = Command::new("kill").args(["-TERM", &id]).status();
    assert!(asked.expect("kill runs").success(), "the daemon runs");
    daemon.0.wait().expect("the daemon ends");
    (used, sent.saturating_sub(frames_logged(out)), sent)
}

fn frames_logged(out: &Path) -> u64 {
    let entries = fs::read_dir(out).expect("the daemon made its folder");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let logs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "log"));
    let lines = logs.map(|log| {
        let log = BufReader::new(File::open(log).expect("the log can be read"));
        log.lines().count()
    });
    u64::try_from(lines.sum::<usize>()).expect("so many lines do not fit a disk")
}
