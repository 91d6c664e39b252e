//! How long one recorded frame takes to become all its signals.
//!
//! Two baselines, each measured in the same run: python `cantools` with the same DBC (the tool of
//! the field), and six signals taken out by hand-written constant shifts (what a compiler can do
//! at best, without validity and without a table). The frames are those of the recordings in
//! `V2X_SHARED`, or the invented ones of `interfaces/samples`. Printed as `xtask bench` reads it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark reports on the terminal"
)]

mod recorded;

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant as Clock;

use v2x_can::{Decoder, History, Outcome, RENAULT_TWIZY_DBC};
use v2x_units::{CanFrame, Instant};

/// Runs of which the median counts.
const RUNS: usize = 15;
/// Frames of one run, at least: some 20 ms of decoding.
const FRAMES_OF_A_RUN: usize = 2_000_000;
/// The bus at 490 frames per second.
const BETWEEN_FRAMES_MICROS: u64 = 2_041;

fn main() {
    let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC)
        .expect("the DBC of the repository is whole");
    let frames = known_frames(&decoder);
    let ours = ours(&decoder, &frames);
    let shifts = shifts(&frames);
    println!(
        "bench decode/shifts: {ours:.1} ns/frame, {:.2} x six constant shifts",
        shifts / ours
    );
    match cantools(&frames) {
        Ok(cantools) => {
            println!(
                "bench decode/cantools: {ours:.1} ns/frame, {:.0} x cantools",
                cantools / ours
            );
        }
        Err(reason) => println!("skipped: cantools ({reason}); set V2X_PYTHON"),
    }
}

/// The recorded frames that the decoder knows, so that both decoders do the same work.
fn known_frames(decoder: &Decoder) -> Vec<CanFrame> {
    let mut frames = recorded::frames();
    let mut history = History::new(decoder);
    frames.retain(|frame| {
        decoder.decode(&mut history, Instant::BOOT, frame, |_, _| ()) == Outcome::Decoded
    });
    frames
}

/// Nanoseconds per frame for all signals of the table, with their validity.
fn ours(decoder: &Decoder, frames: &[CanFrame]) -> f64 {
    let mut latest = vec![0.0; decoder.signals().len()];
    let mut history = History::new(decoder);
    let mut micros = 0;
    nanos_per_frame(frames, |frame| {
        micros += BETWEEN_FRAMES_MICROS;
        decoder.decode(
            &mut history,
            Instant::from_micros(micros),
            frame,
            |signal, value| {
                latest[signal.index()] = value;
            },
        );
        black_box(&mut latest);
    })
}

/// Nanoseconds per frame for six signals at places that the compiler knows.
fn shifts(frames: &[CanFrame]) -> f64 {
    let mut latest = [0.0; 6];
    nanos_per_frame(frames, |frame| {
        let word = u64::from_be_bytes(*frame.padded());
        let bits = |shift: u32, length: u32| {
            let field = u32::try_from(word >> shift & ((1 << length) - 1));
            f64::from(field.expect("no field is longer than 16 bits"))
        };
        latest[0] = bits(56, 8);
        latest[1] = bits(52, 4);
        latest[2] = bits(40, 12) * 0.25 - 500.0;
        latest[3] = bits(32, 8);
        latest[4] = bits(16, 16) * 0.0025;
        latest[5] = bits(0, 8) * 0.5;
        black_box(&mut latest);
    })
}

/// The median over several runs through the frames.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn nanos_per_frame(frames: &[CanFrame], mut work: impl FnMut(&CanFrame)) -> f64 {
    let passes = FRAMES_OF_A_RUN.div_ceil(frames.len());
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Clock::now();
            for _ in 0..passes {
                frames.iter().for_each(&mut work);
            }
            let done = u32::try_from(passes * frames.len()).expect("a run is short");
            start.elapsed().as_secs_f64() * 1e9 / f64::from(done)
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2]
}

/// Nanoseconds per frame of cantools with the same DBC and the same frames.
fn cantools(frames: &[CanFrame]) -> Result<f64, String> {
    let python = std::env::var("V2X_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(python)
        .arg("-c")
        .arg(include_str!("decode_cantools.py"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../interfaces/dbc/renault_twizy.dbc"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().ok_or("no pipe to Python")?;
    for frame in frames {
        let data: String = frame
            .data()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        if let Err(error) = writeln!(stdin, "{} {data}", frame.id()) {
            eprintln!("Python stopped reading: {error}");
            break;
        }
    }
    drop(stdin);
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let nanos = String::from_utf8_lossy(&output.stdout);
    nanos
        .trim()
        .parse()
        .map_err(|_| format!("Python ended with {}", output.status))
}
