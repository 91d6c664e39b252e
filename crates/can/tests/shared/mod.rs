//! The recordings and reference tables beside the repository, as tests read them.
//!
//! They are private data of the project and no part of it: a test that needs them is skipped
//! where they are absent, and fails there when `V2X_REQUIRE_SHARED=1`.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "this is a part of tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use v2x_can::{Decoder, RENAULT_TWIZY_DBC};
use v2x_units::{CanFrame, CanId, Instant};

/// A frame of a recording and when it was on the bus, counted from the recording's start.
pub(crate) struct Recorded {
    pub(crate) at: Instant,
    pub(crate) frame: CanFrame,
}

/// Whether a missing prerequisite fails a test instead of skipping it.
pub(crate) fn is_required() -> bool {
    std::env::var("V2X_REQUIRE_SHARED").is_ok_and(|value| value == "1")
}

/// The folder of recordings and reference tables; `None` after saying that the test is skipped.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("V2X_SHARED").map_or_else(beside, PathBuf::from);
    if folder.join("reference").is_dir() {
        return Some(folder);
    }
    assert!(!is_required(), "{} does not exist", folder.display());
    println!("skipped: no recordings");
    None
}

pub(crate) fn twizy() -> Decoder {
    Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap()
}

/// Every file below a folder that holds raw frames, in the order of their names.
pub(crate) fn frame_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "csv") {
                let text = fs::read_to_string(&path).unwrap();
                let header = text.lines().next().unwrap_or_default();
                if header.contains("can_id,") && header.contains("data_hex") {
                    files.push(path);
                }
            }
        }
    }
    files.sort();
    files
}

/// The frames of one file; rows that no CAN frame can be are left out.
pub(crate) fn frames(path: &Path) -> Vec<Recorded> {
    let text = fs::read_to_string(path).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let column = |name| header.iter().position(|title| *title == name);
    let (id, data) = (column("can_id").unwrap(), column("data_hex").unwrap());
    let stamp = column("timestamp");
    let millis = column("time_ms");
    let mut first = None;
    let mut at = 0.0;
    let recorded = rows.filter_map(|row| {
        let second = |column: Option<usize>| row.get(column?)?.parse::<f64>().ok();
        // A trace without stamps is taken as a busy bus: some 500 frames per second.
        let now = second(stamp).or_else(|| second(millis).map(|millis| millis / 1000.0));
        let start = *first.get_or_insert(now.unwrap_or(0.0));
        at = now.map_or(at + 0.002, |now| (now - start).max(0.0));
        let digits = row.get(id)?.trim_start_matches("0x");
        let id = CanId::standard(u32::from_str_radix(digits, 16).ok()?).ok()?;
        let frame = CanFrame::new(id, &hex(row.get(data)?)?)?;
        Some(Recorded {
            at: Instant::BOOT + Duration::from_secs_f64(at),
            frame,
        })
    });
    recorded.collect()
}

/// Bytes in hexadecimal pairs with blanks between them.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    text.split_whitespace()
        .map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}

/// The rows of a comma-separated table with quoted fields, its header being the first row.
pub(crate) fn csv(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .map(|line| {
            let mut fields = vec![String::new()];
            let mut quoted = false;
            let mut chars = line.chars().peekable();
            while let Some(char) = chars.next() {
                match char {
                    '"' if quoted && chars.peek() == Some(&'"') => {
                        chars.next();
                        fields.last_mut().unwrap().push('"');
                    }
                    '"' => quoted = !quoted,
                    ',' if !quoted => fields.push(String::new()),
                    char => fields.last_mut().unwrap().push(char),
                }
            }
            fields
        })
        .collect()
}
