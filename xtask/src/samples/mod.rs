//! `cargo xtask samples`: one minute of an invented drive, for the demo, the README and tests.
//!
//! No car was recorded and no place is real. What makes it useful is that everything agrees: one
//! small physical model (`car`) moves, `sequence` switches the car on and off as a real one does,
//! `frames` writes both onto the bus, and `gnss` sees the same movement. The layout of the frames
//! is written here by hand from the published facts and not through the product's own decoder, so
//! that decoding the recording proves something. The same bytes come out on every machine.

mod car;
mod frames;
mod gnss;
mod sequence;

use std::fmt::Write as _;
use std::path::Path;

use crate::Outcome;
use crate::process::workspace_root;
use car::Car;
use sequence::Moment;

/// The recording's first moment: 2026-05-04 10:00:00 UTC, in microseconds since 1970.
const STARTS_AT_MICROS: u64 = 1_777_888_800_000_000;
/// How long it lasts.
const LASTS_MILLIS: u32 = 60_000;

/// The bus, in candump's log format.
const DRIVE: &str = "interfaces/samples/drive.log";
/// The fixes of the same drive, in the columns of the prototype's `gps_data.csv`.
const FIXES: &str = "interfaces/samples/drive_gnss.csv";

/// Writes the recording into the tree.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    for (path, text) in files() {
        write(&workspace_root().join(path), &text)?;
        println!("{path}: {} kB", text.len() / 1000);
    }
    Ok(())
}

fn write(place: &Path, text: &str) -> Outcome {
    std::fs::write(place, text).map_err(|error| format!("{}: {error}", place.display()))
}

/// The files as they should be, with their paths from the root.
pub(crate) fn files() -> Vec<(&'static str, String)> {
    let mut drive = String::new();
    let mut fixes = String::from(gnss::HEADER);
    let mut car = Car::parked();
    for millis in 0..LASTS_MILLIS {
        if millis % 10 == 0 {
            car.advance(millis);
        }
        let moment = Moment { millis, car: &car };
        for frame in frames::due(&moment) {
            let micros = STARTS_AT_MICROS + u64::from(millis) * 1000 + u64::from(frame.micros);
            candump_line(&mut drive, micros, frame.id, &frame.data);
        }
        if let Some(fix) = gnss::due(&moment, STARTS_AT_MICROS) {
            fixes.push_str(&fix);
        }
    }
    vec![(DRIVE, drive), (FIXES, fixes)]
}

/// One line as `candump -l` writes it.
fn candump_line(log: &mut String, micros: u64, id: u16, data: &[u8]) {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let data: String = data.iter().map(|byte| format!("{byte:02X}")).collect();
    writeln!(log, "({seconds}.{fraction:06}) can0 {id:03X}#{data}")
        .expect("a String takes any text");
}

#[cfg(test)]
mod tests;
