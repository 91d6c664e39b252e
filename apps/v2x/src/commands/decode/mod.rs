//! `v2x decode`: recordings to signals, in one of four forms.
//!
//! This file walks the recordings and hands each frame's signals to a [`Report`]; the forms are in
//! files of their own.

mod lines;
mod selection;
mod summary;
mod table;

use std::io::{self, BufWriter};
use std::path::Path;

use v2x_can::{Decoder, History, Outcome, RENAULT_TWIZY_DBC, SignalId};
use v2x_recording::RecordedFrame;
use v2x_units::Instant;

use crate::cli;
use crate::failure::{Blame, Context as _, Failure, read_text};
use crate::recorded_file;
use selection::Selection;

/// What one frame came to, with its valid and selected signals.
struct DecodedFrame<'a> {
    recorded: &'a RecordedFrame,
    outcome: Outcome,
    signals: &'a [(SignalId, f64)],
}

/// A form of output, fed frame by frame.
trait Report {
    /// Takes one frame.
    fn frame(&mut self, decoder: &Decoder, frame: &DecodedFrame<'_>) -> io::Result<()>;
    /// Takes one row that is no frame.
    fn damaged(&mut self) {}
    /// Prints what is left to print.
    fn finish(&mut self, decoder: &Decoder) -> io::Result<()>;
}

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Decode) -> Result<(), Failure> {
    let decoder = load_decoder(arguments.dbc.as_deref())?;
    let selection = Selection::new(&decoder, &arguments.signals, arguments.show_identifiers)?;
    let out = BufWriter::new(io::stdout().lock());
    let mut report: Box<dyn Report> = match arguments.format {
        cli::Format::Table => Box::new(table::Table::new(out)),
        cli::Format::Csv => Box::new(lines::Csv::new(out)),
        cli::Format::Jsonl => Box::new(lines::JsonLines::new(out)),
        cli::Format::JsonSummary => Box::new(summary::JsonSummary::new(out)),
    };
    for path in &arguments.files {
        decode_file(path, &decoder, &selection, report.as_mut())?;
    }
    ignore_closed_pipe(report.finish(&decoder))
}

/// Loads the DBC that was named, or the built-in one.
pub(super) fn load_decoder(dbc: Option<&Path>) -> Result<Decoder, Failure> {
    match dbc {
        None => Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC),
        Some(path) => {
            let text = read_text(Blame::Input, "DBC", path)?;
            Decoder::from_dbc(&path.display().to_string(), &text)
        }
    }
    .map_err(|error| {
        Failure::new(Blame::Input, error)
            .hint("check the file with `python3 -m cantools dump FILE`, then at the named line")
    })
}

fn decode_file(
    path: &Path,
    decoder: &Decoder,
    selection: &Selection,
    report: &mut dyn Report,
) -> Result<(), Failure> {
    let reading = path.display().to_string();
    let frames = recorded_file::open(path)?
        .into_frames()
        .blame(Blame::Input, &reading)?;
    let mut history = History::new(decoder);
    let mut signals = Vec::new();
    for row in frames {
        let Ok(recorded) = row.blame(Blame::Input, &reading)? else {
            report.damaged();
            continue;
        };
        signals.clear();
        let at = instant_of(&recorded);
        let outcome = decoder.decode(&mut history, at, &recorded.frame, |signal, value| {
            if selection.contains(signal) {
                signals.push((signal, value));
            }
        });
        let frame = DecodedFrame {
            recorded: &recorded,
            outcome,
            signals: &signals,
        };
        ignore_closed_pipe(report.frame(decoder, &frame))?;
    }
    Ok(())
}

/// The moment of a recorded frame, for rules that look at silences; zero when it has no stamp.
fn instant_of(recorded: &RecordedFrame) -> Instant {
    let since_1970 = recorded
        .at
        .map(|at| u64::try_from(at.as_micros()).unwrap_or(0));
    let since_1970 = Instant::from_micros(since_1970.unwrap_or(0));
    since_1970 + recorded.since_start.unwrap_or_default()
}

/// A number without the noise of binary fractions: 64.42, not 64.42000000000000x.
///
/// Nine decimals are finer than any step of a signal and coarser than the noise.
fn exact(value: f64) -> f64 {
    const SCALE: f64 = 1e9;
    if value.abs() < 1e6 {
        (value * SCALE).round() / SCALE
    } else {
        value
    }
}

/// A stamp as recordings write it: seconds since 1970 with six decimals.
fn seconds(at: v2x_units::UtcTime) -> String {
    let (seconds, micros) = at.split();
    format!("{seconds}.{micros:06}")
}

/// A reader that had enough, as `head`, is no failure of ours.
fn ignore_closed_pipe(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.blame(Blame::Runtime, "standard output"),
    }
}
