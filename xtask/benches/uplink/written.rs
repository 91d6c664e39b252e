//! What `v2x vehicle` writes to the disk in a day at a row per second, everything included.
//!
//! The identifiers that fill a row come once per second each, of a car that stands: the slowest bus
//! that still gives whole rows. At the full bus the raw log comes on top, 2 GB a day before it is
//! compressed. Counted is `write_bytes` of `/proc/<pid>/io`, which counts whole pages, up to
//! the end of the process: the checkpoint at its end is in it, more often than in a long run. The
//! baseline is the text of the rows themselves.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use v2x_outbox::Storage as _;
use v2x_store::Store;
use v2x_units::{CanFrame, CanId, UtcTime};

use crate::Place;
use crate::board::Board;

/// Seconds that are measured, unless `V2X_BENCH_SECONDS` says it.
const SECONDS: usize = 120;
/// Seconds before that: files are made and filled.
const WARM_UP: usize = 20;
/// Battery, charger, motor, display: what a row is made of.
const IDENTIFIERS: [u32; 8] = [0x155, 0x424, 0x425, 0x554, 0x556, 0x597, 0x599, 0x5D7];
/// Seconds in a day.
const DAY: f64 = 86_400.0;

pub(crate) fn measure(place: &Place) {
    let seconds =
        std::env::var("V2X_BENCH_SECONDS").map_or(SECONDS, |text| text.parse().expect("a number"));
    let traffic = traffic();
    let mut board = Board::new();
    let daemon = place.daemon(board.path(), "written");
    let mut next = Instant::now();
    let id = daemon.0.id();
    let mut before = 0.0;
    for second in 0..WARM_UP + seconds {
        if second == WARM_UP {
            before = written(id);
        }
        next += Duration::from_secs(1);
        board.send(1_000_000, &traffic);
        crate::processes::wait(next.saturating_duration_since(Instant::now()));
    }
    let asked = Command::new("kill")
        .args(["-TERM", &id.to_string()])
        .status();
    assert!(asked.expect("kill runs").success(), "the daemon runs");
    let written = written_at_its_end(id) - before;
    drop(daemon);
    let store = Store::open(&place.folder.path().join("written/v2x.db")).expect("the store");
    let rows = store
        .telemetry("vehicle", UtcTime::from_millis(0), usize::MAX)
        .expect("rows");
    assert_eq!(store.usage().entries, 0, "the broker has every row");
    let text: usize = rows.iter().skip(WARM_UP).map(|row| row.values.len()).sum();
    let count = f64::from(u32::try_from(seconds).expect("a short run"));
    let per_row = written / count;
    println!(
        "bench uplink/written-per-day: {:.3} GB at a row per second ({per_row:.0} bytes a row), \
         {:.3} x the text of the rows",
        per_row * DAY / 1e9,
        f64::from(u32::try_from(text).expect("a short run")) / written
    );
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

/// What a process has written so far, in bytes.
fn written(id: u32) -> f64 {
    let io = fs::read_to_string(format!("/proc/{id}/io")).expect("our own process");
    let written = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    written.and_then(|it| it.parse().ok()).expect("a number")
}

/// What a process has written when it has ended and nobody has asked for its status yet.
fn written_at_its_end(id: u32) -> f64 {
    loop {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it is not reaped");
        let written = written(id);
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        if after_name.starts_with('Z') {
            return written;
        }
        crate::processes::wait(Duration::from_millis(20));
    }
}
