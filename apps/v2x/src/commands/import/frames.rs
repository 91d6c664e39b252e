//! Windows of raw frames: joined where they overlap, decoded, and one row written per second.
//!
//! Where no merged rows were recorded at all, charges are looked for in them too.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::time::Duration;

use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};
use v2x_recording::{Frames, MergedRow};
use v2x_roles::vehicle::{Observation, VehicleState, merged};
use v2x_store::{Recorded, Store};
use v2x_units::{CanFrame, Instant, Stamp, UtcTime};

use super::episodes::Episodes;
use super::report::{FileReport, Report};
use crate::failure::{Blame, Context as _, Failure};

/// The source of these rows in the store.
const SOURCE: &str = "import-frames";
/// The most frames of one import: an hour of a full bus, 1 GB in memory.
const FRAMES_MAX: usize = 16_000_000;
/// After such a silence nothing is known any more.
const SILENCE_US: i64 = 10_000_000;
/// How often a row is made.
const ROW_EVERY: Duration = Duration::from_secs(1);

/// The frames of one file, in their order.
pub(super) struct Window {
    name: String,
    frames: Vec<(UtcTime, CanFrame)>,
}

/// Reads a file of frames; those without a stamp cannot be placed in time.
pub(super) fn read(
    name: String,
    rows: Frames<BufReader<File>>,
    report: &mut FileReport,
) -> Result<Window, Failure> {
    let mut frames = Vec::new();
    for row in rows {
        match row.blame(Blame::Input, &name)? {
            Ok(row) => match row.at {
                Some(at) if frames.len() < FRAMES_MAX => {
                    report.read();
                    frames.push((at, row.frame));
                }
                Some(_) => report.refuse("the file has more frames than are imported", row.line),
                None => report.refuse("the frame has no date", row.line),
            },
            Err(damaged) => report.refuse(damaged.fault.to_string(), damaged.line),
        }
    }
    Ok(Window { name, frames })
}

/// Decodes all windows as one recording; `covered` is when merged rows were recorded too.
pub(super) fn import(
    windows: Vec<Window>,
    covered: &[(UtcTime, UtcTime)],
    store: &mut Store,
    report: &mut Report,
) -> Result<(), Failure> {
    let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC)
        .blame(Blame::Configuration, "DBC")?;
    let mapping = VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, &decoder)
        .blame(Blame::Configuration, "mapping to VSS")?;
    let frames = join(windows, report);
    let stretches = frames.chunk_by(|(a, _), (b, _)| b.micros_since(*a) < SILENCE_US);
    let mut recorded = Recorded::default();
    let mut episodes = Episodes::new(store, report);
    for stretch in stretches {
        let state = VehicleState::new(decoder.clone(), mapping.clone());
        let rows = rows_of(state, stretch);
        let written = episodes.record(SOURCE, &rows)?;
        recorded.written += written.written;
        recorded.repeated += written.repeated;
        if !is_covered(stretch, covered) {
            for (at, row) in &rows {
                episodes.observe(&Observation::of_row(*at, row, None))?;
            }
        }
    }
    episodes.finish()?;
    let file = report.file("(a row per second, made of the frames)", "merged rows");
    file.recorded(recorded.written, recorded.repeated);
    Ok(())
}

/// The frames of all windows in the order of their stamps, each once.
fn join(windows: Vec<Window>, report: &mut Report) -> Vec<(UtcTime, CanFrame)> {
    let mut joined: Vec<(UtcTime, CanFrame)> = Vec::new();
    let mut known = HashSet::new();
    for Window { name, frames } in windows {
        let read = frames.len();
        let before = joined.len();
        joined.extend(frames.iter().filter(|frame| !known.contains(*frame)));
        known.extend(frames);
        let new = joined.len() - before;
        report.of(&name).recorded(new, read - new);
    }
    // Stable: frames of one stamp stay in the order of their file.
    joined.sort_by_key(|(at, _)| *at);
    joined
}

fn is_covered(stretch: &[(UtcTime, CanFrame)], covered: &[(UtcTime, UtcTime)]) -> bool {
    let times = stretch.first().zip(stretch.last());
    times.is_none_or(|((from, _), (to, _))| {
        covered
            .iter()
            .any(|(first, last)| from <= last && to >= first)
    })
}

/// The rows of one stretch. The charger's word is taken as it was last seen: a twentieth of the
/// bus holds too few of its statuses to debounce them.
fn rows_of(mut state: VehicleState, stretch: &[(UtcTime, CanFrame)]) -> Vec<(Stamp, MergedRow)> {
    let mut rows = Vec::new();
    let mut due: Option<UtcTime> = None;
    for (at, frame) in stretch {
        let at = stamp(*at);
        state.frame(at, frame);
        if *due.get_or_insert(at.utc + ROW_EVERY) <= at.utc {
            due = Some(at.utc + ROW_EVERY);
            rows.extend(state.snapshot(at.instant).map(|snapshot| {
                let word = snapshot.by_key("charger_active");
                let row = MergedRow {
                    is_charging: word.map(|word| word != 0.0),
                    ..merged::row(&snapshot)
                };
                (at, row)
            }));
        }
    }
    rows
}

/// The stamps of one recording order its frames and date them.
fn stamp(utc: UtcTime) -> Stamp {
    Stamp {
        instant: Instant::from_micros(u64::try_from(utc.as_micros()).unwrap_or(0)),
        utc,
    }
}
