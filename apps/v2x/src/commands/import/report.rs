//! What became of every file and row: for people as text, for programs as JSON.
//!
//! Rows are named by their lines, grouped by what was done to them. No position is ever shown.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use v2x_roles::vehicle::{Charge, ChargeEnd, DistanceSource, Trip, TripEnd};
use v2x_units::{AmpereHours, Kilometers, StateOfCharge};

/// The whole report.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    files: Vec<FileReport>,
    trips: Vec<TripReport>,
    charges: Vec<ChargeReport>,
}

/// One file.
#[derive(Debug, Default, Serialize)]
pub(super) struct FileReport {
    file: String,
    content: &'static str,
    /// Rows that were read whole.
    rows: usize,
    /// Rows that are used: in the store, or in the rows made of them.
    used: usize,
    /// Rows that another file, or an import before, had brought already.
    repeated: usize,
    /// Why nothing of it was used.
    left_out: Option<String>,
    /// What was repaired, and in which lines.
    repaired: BTreeMap<String, Vec<u64>>,
    /// What was refused, and in which lines.
    refused: BTreeMap<String, Vec<u64>>,
}

#[derive(Debug, Serialize)]
struct TripReport {
    id: String,
    started: String,
    ended: String,
    duration_s: u64,
    distance_km: Option<f64>,
    distance_by: Option<DistanceSource>,
    gnss_km: Option<f64>,
    soc_from: Option<f64>,
    soc_to: Option<f64>,
    charge_out_ah: Option<f64>,
    charge_in_ah: Option<f64>,
    covered_s: u64,
    end: Option<TripEnd>,
}

#[derive(Debug, Serialize)]
struct ChargeReport {
    id: String,
    started: String,
    ended: String,
    duration_s: u64,
    soc_from: Option<f64>,
    soc_to: Option<f64>,
    charge_in_ah: Option<f64>,
    mean_current_a: Option<f64>,
    covered_s: u64,
    interruptions: u32,
    is_inferred: bool,
    end: Option<ChargeEnd>,
}

impl FileReport {
    /// A row was read whole.
    pub(super) fn read(&mut self) {
        self.rows += 1;
    }

    /// Rows are used, or were known already.
    pub(super) fn recorded(&mut self, used: usize, repeated: usize) {
        self.used += used;
        self.repeated += repeated;
    }

    /// A row is used after being repaired.
    pub(super) fn repair(&mut self, what: impl Into<String>, line: u64) {
        self.repaired.entry(what.into()).or_default().push(line);
    }

    /// A row is not used.
    pub(super) fn refuse(&mut self, why: impl Into<String>, line: u64) {
        self.refused.entry(why.into()).or_default().push(line);
    }

    /// Nothing of the file is used.
    pub(super) fn leave_out(&mut self, why: impl Into<String>) {
        self.left_out = Some(why.into());
    }
}

impl Report {
    /// Begins with a file.
    pub(super) fn file(&mut self, name: &str, content: &'static str) -> &mut FileReport {
        let at = self.files.len();
        self.files.push(FileReport {
            file: name.to_owned(),
            content,
            ..FileReport::default()
        });
        &mut self.files[at]
    }

    /// The file that was begun under this name.
    pub(super) fn of(&mut self, name: &str) -> &mut FileReport {
        match self.files.iter().position(|it| it.file == name) {
            Some(at) => &mut self.files[at],
            None => self.file(name, "other"),
        }
    }

    /// A trip was found.
    pub(super) fn trip(&mut self, trip: &Trip) {
        let (from, to) = trip.soc();
        let flow = trip.flow();
        self.trips.push(TripReport {
            id: trip.id().to_string(),
            started: trip.started().to_string(),
            ended: trip.last_motion().to_string(),
            duration_s: trip.duration().as_secs(),
            distance_km: trip.distance().map(|(way, _)| rounded(way.get())),
            distance_by: trip.distance().map(|(_, source)| source),
            gnss_km: trip
                .by_gnss()
                .map(|way| rounded(Kilometers::get(way.to_kilometers()))),
            soc_from: from.map(StateOfCharge::percent),
            soc_to: to.map(StateOfCharge::percent),
            charge_out_ah: flow.charge_out().map(AmpereHours::get).map(rounded),
            charge_in_ah: flow.charge_in().map(AmpereHours::get).map(rounded),
            covered_s: flow.charge_covers().as_secs(),
            end: trip.end(),
        });
    }

    /// A charge was found.
    pub(super) fn charge(&mut self, charge: &Charge) {
        let (from, to) = charge.soc();
        let flow = charge.flow();
        self.charges.push(ChargeReport {
            id: charge.id().to_string(),
            started: charge.started().to_string(),
            ended: charge.last_charging().to_string(),
            duration_s: charge.duration().as_secs(),
            soc_from: from.map(StateOfCharge::percent),
            soc_to: to.map(StateOfCharge::percent),
            charge_in_ah: flow.charge_in().map(AmpereHours::get).map(rounded),
            mean_current_a: charge.mean_current().map(|amps| rounded(amps.get())),
            covered_s: flow.charge_covers().as_secs(),
            interruptions: charge.interruptions(),
            is_inferred: charge.is_inferred(),
            end: charge.end(),
        });
    }

    /// Prints one JSON object.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    /// Prints files, trips and charges, each on its lines.
    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        for file in &self.files {
            file.write_text(out)?;
        }
        for trip in &self.trips {
            write!(out, "trip {} to {}", trip.started, trip.ended)?;
            if let Some(way) = trip.distance_km {
                write!(out, ", {way} km")?;
            }
            writeln!(out)?;
        }
        for charge in &self.charges {
            write!(out, "charge {} to {}", charge.started, charge.ended)?;
            if let Some(amount) = charge.charge_in_ah {
                write!(out, ", {amount} Ah")?;
            }
            writeln!(
                out,
                "{}",
                if charge.is_inferred { ", inferred" } else { "" }
            )?;
        }
        let count = |lines: fn(&FileReport) -> &BTreeMap<String, Vec<u64>>| -> usize {
            self.files
                .iter()
                .flat_map(|file| lines(file).values())
                .map(Vec::len)
                .sum()
        };
        writeln!(
            out,
            "{} files: {} rows read, {} used, {} repeated; {} repairs, {} rows refused; \
             {} trips, {} charges",
            self.files.len(),
            self.files.iter().map(|file| file.rows).sum::<usize>(),
            self.files.iter().map(|file| file.used).sum::<usize>(),
            self.files.iter().map(|file| file.repeated).sum::<usize>(),
            count(|file| &file.repaired),
            count(|file| &file.refused),
            self.trips.len(),
            self.charges.len(),
        )
    }
}

impl FileReport {
    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(why) = &self.left_out {
            return writeln!(out, "{}: left out: {why}", self.file);
        }
        writeln!(
            out,
            "{}: {} {}, {} used, {} repeated",
            self.file, self.rows, self.content, self.used, self.repeated
        )?;
        for (what, lines) in &self.repaired {
            writeln!(out, "  repaired: {what}: {}", ranges(lines))?;
        }
        for (why, lines) in &self.refused {
            writeln!(out, "  refused: {why}: {}", ranges(lines))?;
        }
        Ok(())
    }
}

/// Lines in their order, neighbours joined: `lines 2-5, 9`.
fn ranges(lines: &[u64]) -> String {
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for &line in lines {
        match joined.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => joined.push((line, line)),
        }
    }
    let shown = joined.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}-{last}"),
    });
    let word = if lines.len() == 1 { "line" } else { "lines" };
    format!("{word} {}", shown.collect::<Vec<_>>().join(", "))
}

/// Metres, milliampere hours: finer than anything that was measured.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_lines_are_shown_as_ranges() {
        assert_eq!(ranges(&[7]), "line 7");
        assert_eq!(ranges(&[2, 3, 4, 9, 11, 12]), "lines 2-4, 9, 11-12");
    }

    #[test]
    fn report_says_what_was_done_to_which_line() {
        let mut report = Report::default();
        let file = report.file("a.csv", "fixes");
        file.read();
        file.repair("valid holds the hour", 2);
        file.refuse("the line has no end; the file was cut here", 3);
        file.recorded(1, 0);
        let mut text = Vec::new();
        report.write_text(&mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "a.csv: 1 fixes, 1 used, 0 repeated\n  \
             repaired: valid holds the hour: line 2\n  \
             refused: the line has no end; the file was cut here: line 3\n\
             1 files: 1 rows read, 1 used, 0 repeated; 1 repairs, 1 rows refused; \
             0 trips, 0 charges\n"
        );
    }
}
