//! `v2x decode` over every recorded window: the table in the recordings' README comes out of it.
//!
//! The numbers of the table were measured by others, with formulas that it states. Values are told
//! in messages, but no place and no serial.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bench;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use bench::program::run;
use bench::recordings;
use serde_json::Value;
use v2x_recording::{Recording, candump};

/// How the table writes that there is no value.
const NONE: &str = "–";
/// The windows of the table.
const WINDOWS: usize = 19;

/// The decoded form of some recordings.
fn decode(file: &Path, options: &[&str]) -> String {
    let mut arguments = vec!["decode", file.to_str().unwrap()];
    arguments.extend(options);
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    ran.out
}

/// The summary of a recording.
struct Summary(Value);

impl Summary {
    fn of(file: &Path, options: &[&str]) -> Self {
        let options = [&["--format", "json-summary"], options].concat();
        Self(serde_json::from_str(&decode(file, &options)).unwrap())
    }

    fn count(&self, key: &str) -> u64 {
        self.0[key].as_u64().unwrap()
    }

    fn unknown(&self) -> u64 {
        let ids = self.0["unknown_ids"].as_object().unwrap();
        ids.values().map(|count| count.as_u64().unwrap()).sum()
    }

    /// A signal's number as the table writes it; `None` when the signal had no value.
    fn number(&self, signal: &str, which: &str, decimals: usize) -> Option<String> {
        let number = self.0["signals"].get(signal)?[which].as_f64().unwrap();
        Some(format!("{number:.decimals$}"))
    }

    /// The values of a signal that rose at most once, as the table writes them.
    fn distinct(&self, signal: &str, decimals: usize) -> String {
        let both = ["min", "max"].map(|which| self.number(signal, which, decimals));
        match both {
            [Some(min), Some(max)] if min == max => min,
            [Some(min), Some(max)] => format!("{min}, {max}"),
            _ => NONE.to_owned(),
        }
    }

    fn values(&self) -> u64 {
        let signals = self.0["signals"].as_object().unwrap();
        let counts = signals.values().map(|signal| signal["count"].as_u64());
        counts.map(Option::unwrap).sum()
    }
}

/// Frames of the jsonl form with this identifier.
fn frames_with(lines: &[Value], id: &str) -> usize {
    lines.iter().filter(|line| line["id"] == id).count()
}

fn json_lines(file: &Path, options: &[&str]) -> Vec<Value> {
    let options = [&["--format", "jsonl"], options].concat();
    let text = decode(file, &options);
    let lines = text.lines().map(serde_json::from_str);
    lines.map(Result::unwrap).collect()
}

/// The rows of section 2 of the recordings' README, each as its sixteen cells.
fn windows(recordings: &Path) -> Vec<[String; 16]> {
    let readme = fs::read_to_string(recordings.join("README.md")).unwrap();
    let mut sections = readme.split("\n## ");
    let section = sections.find(|text| text.starts_with("2 Raw CAN")).unwrap();
    let rows = section.lines().filter(|line| line.contains(".csv |"));
    let cells = rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        let cells: Vec<_> = cells.map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap()
    });
    cells.collect()
}

#[test]
fn summary_of_every_recorded_window_is_that_of_its_readme() {
    let Some(recordings) = recordings::private() else {
        return;
    };
    let windows = windows(&recordings);
    assert_eq!(windows.len(), WINDOWS);
    for window in windows {
        let file = recordings.join(&window[0]);
        let summary = Summary::of(&file, &[]);
        let lines = json_lines(&file, &[]);
        let frames = summary.count("frames");
        assert_eq!(lines.len() as u64, frames, "{}", window[0]);
        assert_eq!(summary.count("decoded") + summary.unknown(), frames);
        let known = lines.iter().filter(|line| !line["message"].is_null());
        assert_eq!(known.count() as u64, summary.count("decoded"));
        for (column, seen) in cells_of(&summary, &lines) {
            assert_eq!(seen, window[column], "{}, column {column}", window[0]);
        }
    }
}

/// What the table says of a window, each cell with its column; those of time are left out.
fn cells_of(summary: &Summary, lines: &[Value]) -> [(usize, String); 9] {
    let ids: BTreeSet<_> = lines.iter().map(|line| line["id"].as_str()).collect();
    // A row that is no frame counts in the table, with an identifier of its own.
    let damaged = summary.count("damaged");
    let by_id = ["155", "19F", "425", "59B"].map(|id| frames_with(lines, &format!("0x{id}")));
    let charge = |which| summary.number("BMS_Power.StateOfCharge", which, 2);
    let amperes = |which| summary.number("BMS_Power.BatteryCurrent", which, 2);
    let fastest = summary.number("DSP_Odometer.VehicleSpeed", "max", 2);
    let pair = |first: Option<String>, between, second: Option<String>| {
        format!("{} {between} {}", first.unwrap(), second.unwrap())
    };
    [
        (1, (summary.count("frames") + damaged).to_string()),
        (5, (ids.len() as u64 + damaged).to_string()),
        (6, by_id.map(|count| count.to_string()).join(" / ")),
        (9, pair(charge("first"), "→", charge("last"))),
        (10, pair(amperes("min"), "/", amperes("max"))),
        (11, summary.distinct("DSP_Odometer.Odometer", 2)),
        (12, summary.distinct("DSP_Vehicle.RemainingRange", 0)),
        (13, fastest.unwrap_or_else(|| "none valid".to_owned())),
        (14, summary.distinct("BMS_PackVoltage.PackVoltage1", 1)),
    ]
}

#[test]
fn serial_of_the_car_is_shown_only_when_it_is_asked_for() {
    let Some(recordings) = recordings::private() else {
        return;
    };
    let serial = "VinSerial";
    let mut recorded = 0;
    for [name, ..] in windows(&recordings) {
        let file = recordings.join(&name);
        for format in ["table", "csv", "jsonl", "json-summary"] {
            let hidden = decode(&file, &["--format", format]);
            assert!(
                !hidden.contains(serial),
                "{name} as {format} shows a serial"
            );
        }
        let lines = json_lines(&file, &[]);
        let shown = Summary::of(&file, &["--show-identifiers"]);
        let count = shown.0["signals"]["DSP_Serial.VinSerial"]["count"].as_u64();
        assert_eq!(
            count.unwrap_or(0),
            frames_with(&lines, "0x69F") as u64,
            "{name}"
        );
        recorded += usize::from(count.is_some());
    }
    assert!(recorded > 0, "no window has the message with the serial");
}

#[test]
fn four_forms_of_one_recording_agree_with_each_other() {
    let file = recordings::drive().remove(0);
    let summary = Summary::of(&file, &[]);
    let csv = decode(&file, &["--format", "csv"]);
    assert_eq!(csv.lines().count() as u64 - 1, summary.values());
    let lines = json_lines(&file, &[]);
    assert_eq!(lines.len() as u64, summary.count("frames"));
    let values = lines
        .iter()
        .map(|line| line["signals"].as_object().unwrap().len());
    assert_eq!(values.sum::<usize>() as u64, summary.values());

    let table = decode(&file, &["--format", "table"]);
    let signals = summary.0["signals"].as_object().unwrap();
    for (name, signal) in signals {
        let row = table
            .lines()
            .find(|row| row.starts_with(&format!("{name} ")));
        let cells: Vec<_> = row.unwrap().split_whitespace().collect();
        assert_eq!(cells[1], signal["count"].to_string(), "{name}");
        for (cell, which) in [(2, "first"), (3, "last"), (4, "min"), (5, "max")] {
            let decimals = cells[cell]
                .split_once('.')
                .map_or(0, |(_, digits)| digits.len());
            let number = signal[which].as_f64().unwrap();
            assert_eq!(
                cells[cell],
                format!("{number:.decimals$}"),
                "{name}: {which}"
            );
        }
        let (message, own) = name.split_once('.').unwrap();
        let rows = csv
            .lines()
            .filter(|row| row.contains(&format!(",{message},{own},")));
        assert_eq!(
            rows.count() as u64,
            signal["count"].as_u64().unwrap(),
            "{name} in csv"
        );
    }
    let named = table.lines().filter(|row| {
        let name = row.split(' ').next().unwrap_or_default();
        signals.contains_key(name)
    });
    assert_eq!(named.count(), signals.len());
    let totals = format!(
        "{} frames, {} decoded, {} with an unknown id, {} damaged rows",
        summary.count("frames"),
        summary.count("decoded"),
        summary.unknown(),
        summary.count("damaged")
    );
    assert!(table.contains(&totals), "the table does not say: {totals}");
}

#[test]
fn candump_log_has_the_summary_of_the_table_it_came_from() {
    let Some(recordings) = recordings::private() else {
        return;
    };
    let log = tempfile::NamedTempFile::new().unwrap();
    for [name, ..] in windows(&recordings) {
        let file = recordings.join(&name);
        let input = BufReader::new(File::open(&file).unwrap());
        let mut lines = Vec::new();
        for row in Recording::open(input).unwrap().into_frames().unwrap() {
            if let Ok(row) = row.unwrap() {
                candump::write_frame(&mut lines, row.at.unwrap(), "can0", &row.frame).unwrap();
            }
        }
        fs::write(log.path(), lines).unwrap();
        let mut from_table = Summary::of(&file, &["--show-identifiers"]).0;
        from_table["damaged"] = 0.into();
        let from_log = Summary::of(log.path(), &["--show-identifiers"]).0;
        assert!(from_log == from_table, "{name}: the summaries differ");
    }
}
