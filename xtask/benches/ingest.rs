//! How many of the collector's lines one core turns into decoded state.
//!
//! The whole way of the daemon without its files: bytes to lines, lines to frames, frames to the
//! vehicle's state. The baseline, measured in the same run, only splits each line at its blanks
//! and parses the numbers with the standard library: what a first version would do, and no
//! decoding behind it.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod recorded;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant as Clock};

use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};
use v2x_proto::legacy::LineSplitter;
use v2x_proto::legacy::collector_line::{CollectorLine, LINE_END, emit_can, records};
use v2x_roles::vehicle::VehicleState;
use v2x_units::{Instant, Stamp, UtcTime};

/// Runs of which the median counts.
const RUNS: usize = 11;
/// Bytes per chunk: what a terminal hands out at once.
const CHUNK: usize = 4095;

fn main() {
    let frames = recorded::frames();
    let mut stream = String::new();
    for frame in &frames {
        emit_can(frame, &mut stream).expect("a String takes every line");
        write!(stream, "{LINE_END}").expect("a String takes every line");
    }
    let lines = frames.len();
    let ours = median(|| ours(stream.as_bytes()));
    let naive = median(|| naive(&stream));
    let count = f64::from(u32::try_from(lines).expect("the recordings are small"));
    println!(
        "bench ingest/lines: {:.0} lines/s, {:.2} x splitting at blanks without decoding",
        count / ours.as_secs_f64(),
        naive.as_secs_f64() / ours.as_secs_f64()
    );
}

/// Bytes to decoded state.
fn ours(stream: &[u8]) {
    let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC)
        .expect("the DBC of the repository is whole");
    let mapping = VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, &decoder)
        .expect("the mapping of the repository is whole");
    let mut state = VehicleState::new(decoder, mapping);
    let mut splitter = LineSplitter::new();
    let mut micros = 0;
    for chunk in stream.chunks(CHUNK) {
        micros += 5_000;
        let at = Stamp {
            instant: Instant::from_micros(micros),
            utc: UtcTime::from_millis(1_700_000_000_000),
        };
        splitter.push(chunk, |line| {
            for record in records(line).flatten() {
                if let CollectorLine::Can(frame) = record {
                    black_box(state.frame(at, &frame));
                }
            }
        });
    }
    black_box(&state);
}

/// Lines to numbers, the plain way.
fn naive(stream: &str) {
    for line in stream.lines() {
        let mut fields = line.split_whitespace().skip(1);
        let id = fields
            .next()
            .and_then(|id| u32::from_str_radix(id, 16).ok());
        let dlc = fields.next().and_then(|dlc| dlc.parse::<u8>().ok());
        let bytes: Vec<u8> = fields
            .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
            .collect();
        black_box((id, dlc, bytes));
    }
}

/// The median time of several runs.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn median(mut work: impl FnMut()) -> Duration {
    let mut runs: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Clock::now();
            work();
            start.elapsed()
        })
        .collect();
    runs.sort();
    runs[RUNS / 2]
}
