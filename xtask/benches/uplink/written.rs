//! What `v2x vehicle` writes to the disk in a day at a row per second, and which part writes it.
//!
//! The identifiers that fill a row come once per second each, and a fix every three seconds: the
//! slowest bus that still gives whole rows. Counted is `write_bytes` of `/proc/<pid>/task/*/io`,
//! whole pages, by the thread that writes: the keeper the store and `v2x.rows`, the recorder raw
//! log and tables. What a checkpoint of the store copies, once in an hour, is added by the size to
//! which the store grew. The raw log's part of the recorder is computed: what it grew by, and a
//! page more for each of its syncs; at the full bus of a Twizy it is 2 GB a day by itself, before
//! it is compressed. What the end of the process writes is no part of a day.
//!
//! The baseline is the prototype, which wrote its newest 1000 frames anew every five seconds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use v2x_outbox::Storage as _;
use v2x_store::Store;
use v2x_units::{CanFrame, CanId, UtcTime};

use crate::Place;
use crate::board::Board;

/// Seconds that are measured, unless `V2X_BENCH_SECONDS` says it; whole groups of a minute.
const SECONDS: usize = 240;
/// Seconds before that: files are made and filled.
const WARM_UP: usize = 65;
/// Battery, charger, motor, display: what a row is made of.
const IDENTIFIERS: [u32; 8] = [0x155, 0x424, 0x425, 0x554, 0x556, 0x597, 0x599, 0x5D7];
/// Seconds between two fixes of the prototype's receiver.
const FIX_EVERY: usize = 3;
/// Seconds between two syncs of the raw log.
const SYNC_EVERY: f64 = 5.0;
/// Seconds between two snapshots of the prototype.
const PROTOTYPE_EVERY: f64 = 5.0;
/// What the system counts.
const PAGE: f64 = 4096.0;
/// Seconds in a day.
const DAY: f64 = 86_400.0;

/// What a process has written so far, in bytes.
struct Io {
    keeper: f64,
    recorder: f64,
    everything: f64,
}

pub(crate) fn measure(place: &Place) {
    let seconds =
        std::env::var("V2X_BENCH_SECONDS").map_or(SECONDS, |text| text.parse().expect("a number"));
    let traffic = traffic();
    let mut board = Board::new();
    let daemon = place.daemon(board.path(), "written");
    let folder = place.folder.path().join("written");
    let mut next = Instant::now();
    let id = daemon.0.id();
    let mut before = None;
    for second in 0..WARM_UP + seconds {
        if second == WARM_UP {
            before = Some((Io::of(id), logged(&folder)));
        }
        next += Duration::from_secs(1);
        board.send(1_000_000, &traffic);
        if second % FIX_EVERY == 0 {
            board.send_fix(second);
        }
        crate::processes::wait(next.saturating_duration_since(Instant::now()));
    }
    let (before, logged_before) = before.expect("a warm-up");
    let io = Io::of(id).since(&before);
    let raw_log = logged(&folder) - logged_before;
    let asked = Command::new("kill")
        .args(["-TERM", &id.to_string()])
        .status();
    assert!(asked.expect("kill runs").success(), "the daemon runs");
    wait_for_its_end(id);
    drop(daemon);
    let path = folder.join("v2x.db");
    let store = Store::open(&path).expect("the store");
    let rows = store
        .telemetry("vehicle", UtcTime::from_millis(0), usize::MAX)
        .expect("rows");
    assert_eq!(store.usage().entries, 0, "the broker has every row");
    drop(store);
    let new = place.folder.path().join("new.db");
    drop(Store::open(&new).expect("a store"));
    let count = number(seconds);
    let grown = (size(&path) - size(&new)) * count / number(WARM_UP + seconds);
    let raw_log = raw_log + PAGE * count / SYNC_EVERY;
    let prototype = size(&folder.join("can_data_snapshot.csv")) / PROTOTYPE_EVERY;
    let report = |name: &str, written: f64, what: &str| {
        let per_row = written / count;
        println!(
            "bench uplink/written-{name}: {:.3} GB a day at a row per second ({per_row:.0} bytes a \
             row): {what}, {:.2} x the prototype's snapshots",
            per_row * DAY / 1e9,
            prototype / per_row
        );
    };
    let text: usize = rows.iter().map(|row| row.values.len()).sum();
    let text = text / rows.len().max(1);
    println!(
        "a row has {text} bytes of text; {} rows are in the store",
        rows.len()
    );
    let everything = io.everything + grown;
    report("per-day", everything - raw_log, "store and tables");
    report("store", io.keeper + grown, "v2x.db and v2x.rows");
    report("tables", io.recorder - raw_log, "tables of the prototype");
    report("raw-log", raw_log, "raw log of this slow bus");
    report("everything", everything, "all of it");
}

impl Io {
    fn of(process: u32) -> Self {
        let mut io = Self {
            keeper: 0.0,
            recorder: 0.0,
            everything: written(&format!("/proc/{process}/io")),
        };
        let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("our own process");
        for task in tasks.flatten() {
            let file = |name: &str| task.path().join(name).to_string_lossy().into_owned();
            let name = fs::read_to_string(file("comm")).unwrap_or_default();
            match name.trim() {
                "keeper" => io.keeper += written(&file("io")),
                "recorder" => io.recorder += written(&file("io")),
                _ => {}
            }
        }
        io
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            keeper: self.keeper - before.keeper,
            recorder: self.recorder - before.recorder,
            everything: self.everything - before.everything,
        }
    }
}

/// The size of the raw log, in bytes.
fn logged(folder: &Path) -> f64 {
    let files = fs::read_dir(folder).expect("the folder").flatten();
    let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("candump_"));
    logs.map(|log| size(&log.path())).sum()
}

fn size(path: &Path) -> f64 {
    let bytes = fs::metadata(path).map_or(0, |data| data.len());
    f64::from(u32::try_from(bytes).expect("a short run"))
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a short run"))
}

/// The first frame of each of those identifiers in the invented drive.
fn traffic() -> Vec<CanFrame> {
    let drive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interfaces/samples/drive.log");
    let drive = fs::read_to_string(drive).expect("the invented drive is there");
    let first = |id: &u32| {
        let mark = format!(" {id:03X}#");
        let line = drive.lines().find(|line| line.contains(&mark));
        let (_, data) = line.and_then(|line| line.split_once('#')).expect("a line");
        let byte = |at: usize| u8::from_str_radix(&data[at..at + 2], 16).expect("hexadecimal");
        let bytes: Vec<u8> = (0..data.len()).step_by(2).map(byte).collect();
        let id = CanId::standard(*id).expect("eleven bits");
        CanFrame::new(id, &bytes).expect("at most eight bytes")
    };
    IDENTIFIERS.iter().map(first).collect()
}

/// The line `write_bytes` of an `io` of the system's.
fn written(path: &str) -> f64 {
    let io = fs::read_to_string(path).expect("our own process");
    let written = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    written.and_then(|it| it.parse().ok()).expect("a number")
}

/// Waits until a process has ended, and leaves it for whoever asks for its status.
fn wait_for_its_end(id: u32) {
    loop {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it is not reaped");
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        if after_name.starts_with('Z') {
            return;
        }
        crate::processes::wait(Duration::from_millis(20));
    }
}
