//! What `v2x vehicle` writes to the disk in a day at a row per second, everything included.
//!
//! Every identifier of the invented drive comes once per second, so that each row is whole: the
//! slowest bus that still gives a row. At the full bus the raw log comes on top, 2 GB a day before
//! it is compressed. Counted is `write_bytes` of `/proc/<pid>/io`, which counts whole pages, up to
//! the end of the process: the checkpoint at its end is in it, more often than in a long run. The
//! baseline is the text of the rows themselves.

use std::collections::BTreeMap;
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
/// Seconds in a day.
const DAY: f64 = 86_400.0;

pub(crate) fn measure(place: &Place) {
    let seconds =
        std::env::var("V2X_BENCH_SECONDS").map_or(SECONDS, |text| text.parse().expect("a number"));
    let traffic = traffic();
    let mut board = Board::new();
    let daemon = place.daemon(board.path(), "written");
    let mut next = Instant::now();
    for second in 0..seconds {
        next += Duration::from_secs(1);
        let frames: Vec<_> = traffic
            .values()
            .map(|frames| frames[second % frames.len()])
            .collect();
        board.send(1_000_000, &frames);
        crate::processes::wait(next.saturating_duration_since(Instant::now()));
    }
    let id = daemon.0.id();
    let asked = Command::new("kill")
        .args(["-TERM", &id.to_string()])
        .status();
    assert!(asked.expect("kill runs").success(), "the daemon runs");
    let written = written_at_its_end(id);
    drop(daemon);
    let store = Store::open(&place.folder.path().join("written/v2x.db")).expect("the store");
    let rows = store
        .telemetry("vehicle", UtcTime::from_millis(0), usize::MAX)
        .expect("rows");
    assert_eq!(store.usage().entries, 0, "the broker has every row");
    let text: usize = rows.iter().map(|row| row.values.len()).sum();
    let count = f64::from(u32::try_from(rows.len()).expect("a short run"));
    let per_row = written / count;
    println!(
        "bench uplink/written-per-day: {:.3} GB at a row per second ({per_row:.0} bytes a row), \
         {:.3} x the text of the rows",
        per_row * DAY / 1e9,
        f64::from(u32::try_from(text).expect("a short run")) / written
    );
}

/// The frames of the invented drive, by identifier.
fn traffic() -> BTreeMap<u32, Vec<CanFrame>> {
    let drive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interfaces/samples/drive.log");
    let drive = fs::read_to_string(drive).expect("the invented drive is there");
    let mut traffic: BTreeMap<u32, Vec<CanFrame>> = BTreeMap::new();
    for line in drive.lines() {
        let frame = line
            .rsplit(' ')
            .next()
            .and_then(|word| word.split_once('#'));
        let (id, data) = frame.expect("a line of candump");
        let byte = |at: usize| u8::from_str_radix(&data[at..at + 2], 16).expect("hexadecimal");
        let bytes: Vec<u8> = (0..data.len()).step_by(2).map(byte).collect();
        let raw = u32::from_str_radix(id, 16).expect("hexadecimal");
        let id = CanId::standard(raw).expect("eleven bits");
        let frame = CanFrame::new(id, &bytes).expect("at most eight bytes");
        traffic.entry(raw).or_default().push(frame);
    }
    traffic
}

/// What a process has written when it has ended and nobody has asked for its status yet.
fn written_at_its_end(id: u32) -> f64 {
    loop {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it is not reaped");
        let io = fs::read_to_string(format!("/proc/{id}/io")).expect("our own process");
        let written = io
            .lines()
            .find_map(|line| line.strip_prefix("write_bytes: "));
        let written: f64 = written.and_then(|it| it.parse().ok()).expect("a number");
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        if after_name.starts_with('Z') {
            return written;
        }
        crate::processes::wait(Duration::from_millis(20));
    }
}
