//! The bus traces, and what they say: states, cycle times.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(unreachable_pub, reason = "shared by test programs")]

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use v2x_can::{Decoder, History};
use v2x_units::{CanFrame, CanId, Instant};

pub type Frame = (Instant, CanFrame);

/// Frames with their times.
pub struct Trace(pub Vec<Frame>);

/// The bytes of each message that say a state, not a measurement: charger command and status,
/// battery mode and validity, inverter readiness, the display's "not available".
pub const STATE_BYTES: &[(u32, &[usize])] = &[
    (0x155, &[3]),
    (0x19F, &[6]),
    (0x423, &[0]),
    (0x424, &[0]),
    (0x425, &[0]),
    (0x426, &[1, 2]),
    (0x597, &[0, 1, 3]),
    (0x599, &[4]),
    (0x59B, &[0]),
    (0x701, &[0]),
];

pub fn is_required() -> bool {
    env::var_os("V2X_REQUIRE_SHARED").is_some_and(|value| value == "1")
}

/// Where the recordings lie; `None` (and said) when there are none.
pub fn folder() -> Option<PathBuf> {
    let folder = env::var_os("V2X_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    if folder.join("data").is_dir() {
        return Some(folder);
    }
    assert!(!is_required(), "no recordings in {}", folder.display());
    println!("skipped: no recordings");
    None
}

/// A trace. Only one has times of its own; in the others they are counted from the message that
/// comes each tenth of a second, and frames between two of them lie evenly.
pub fn trace(name: &str) -> Option<Trace> {
    let path = folder()?.join(format!("data/bus-traces/balzer_protocol_{name}.csv"));
    let text = fs::read_to_string(path).unwrap();
    let mut rows = text.lines();
    let header: Vec<_> = rows.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|it| *it == name);
    let (id, data) = (column("can_id").unwrap(), column("data_hex").unwrap());
    let time = column("time_ms");
    let mut frames = Vec::new();
    for row in rows {
        let cells: Vec<_> = row.split(',').collect();
        let id = u32::from_str_radix(cells[id], 16).unwrap();
        let hex: String = cells[data]
            .chars()
            .filter(|it| !it.is_whitespace())
            .collect();
        let bytes: Vec<_> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let frame = CanFrame::new(CanId::standard(id).unwrap(), &bytes).unwrap();
        let millis = time.map_or(0, |time| cells[time].parse().unwrap_or(0_u64));
        frames.push((Instant::from_micros(millis * 1000), frame));
    }
    if frames.last().unwrap().0 == Instant::BOOT {
        let metronome = if name == "end_drv" { 0x5D7 } else { 0x423 };
        count_times(&mut frames, metronome);
    }
    Some(Trace(frames))
}

fn count_times(frames: &mut [Frame], metronome: u32) {
    let beats: Vec<_> = (0..frames.len())
        .filter(|at| frames[*at].1.id().raw() == metronome)
        .collect();
    for at in 0..frames.len() {
        let beat = beats.partition_point(|beat| *beat <= at).saturating_sub(1);
        let begins = beats[beat];
        let ends = beats.get(beat + 1).copied().unwrap_or(frames.len());
        let into = at.saturating_sub(begins) * 100_000 / (ends - begins).max(1);
        frames[at].0 = Instant::from_micros(u64::try_from(beat * 100_000 + into).unwrap());
    }
}

impl Trace {
    /// The states of a message, each when it was first said, and what they are.
    pub fn states(&self, message: u32, bytes: &[usize]) -> Vec<(Instant, String)> {
        let mut states: Vec<(Instant, String)> = Vec::new();
        let own = self
            .0
            .iter()
            .filter(|(_, frame)| frame.id().raw() == message);
        for (at, frame) in own {
            let mut state = String::new();
            for byte in bytes {
                write!(state, "{:02X} ", frame.padded()[*byte]).unwrap();
            }
            if states.last().is_none_or(|(_, last)| *last != state) {
                states.push((*at, state));
            }
        }
        states
    }

    /// The mean time between two of each message, in seconds.
    pub fn cycles(&self) -> BTreeMap<u32, f64> {
        let mut times: BTreeMap<u32, Vec<Instant>> = BTreeMap::new();
        for (at, frame) in &self.0 {
            times.entry(frame.id().raw()).or_default().push(*at);
        }
        times.retain(|_, times| times.len() > 1);
        let mean = |times: &Vec<Instant>| {
            let mut gaps: Vec<_> = (times.windows(2))
                .map(|pair| pair[1].since(pair[0]).as_secs_f64())
                .collect();
            gaps.sort_by(f64::total_cmp);
            // The middle half: a charger speaks out of turn when its state changes.
            let middle = &gaps[gaps.len() / 4..gaps.len() - gaps.len() / 4];
            middle.iter().sum::<f64>() / f64::from(u32::try_from(middle.len()).unwrap())
        };
        times.iter().map(|(id, times)| (*id, mean(times))).collect()
    }
}

/// One frame as `crates/can/tests/cantools_reference.py` reads it.
pub fn reference_line(
    decoder: &Decoder,
    history: &mut History,
    at: Instant,
    frame: &CanFrame,
) -> String {
    let mut line = format!("0\t{}\t{}\t", at.as_micros(), frame.id());
    for byte in frame.data() {
        write!(line, "{byte:02X}").unwrap();
    }
    line.push('\t');
    decoder.decode_unchecked(frame, |signal, value| {
        write!(line, "{}={value:?} ", decoder.info(signal).name).unwrap();
    });
    line.push('\t');
    decoder.decode(history, at, frame, |signal, _| {
        write!(line, "{} ", decoder.info(signal).name).unwrap();
    });
    line.push('\n');
    line
}
