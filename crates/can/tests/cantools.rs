//! Every recorded frame decodes as cantools decodes it, and what is withheld has its reason;
//! so do made-up frames with every number that the fact table's prose names.
//!
//! The comparison itself is in `cantools_reference.py`, so that it shares no code with the
//! decoder; it reads the fact table's prose about invalid values on its own.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod shared;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use can_dbc::{ByteOrder, Dbc, Signal};
use v2x_can::{Decoder, History, RENAULT_TWIZY_DBC};
use v2x_units::{CanFrame, CanId, Instant};

/// One frame as `cantools_reference.py` reads it.
fn line(
    decoder: &Decoder,
    history: &mut History,
    stream: usize,
    seen: &shared::Recorded,
) -> String {
    let frame = &seen.frame;
    let mut line = format!("{stream}\t{}\t{}\t", seen.at.as_micros(), frame.id());
    for byte in frame.data() {
        write!(line, "{byte:02X}").unwrap();
    }
    line.push('\t');
    decoder.decode_unchecked(frame, |signal, value| {
        write!(line, "{}={value:?} ", decoder.info(signal).name).unwrap();
    });
    line.push('\t');
    decoder.decode(history, seen.at, frame, |signal, _| {
        write!(line, "{} ", decoder.info(signal).name).unwrap();
    });
    line.push('\n');
    line
}

/// Frames in which each signal takes the numbers that its prose names and their neighbours, which
/// recordings rarely hold: once among zeros, once in a frame of the battery that says it is valid.
fn frames_at_boundaries(folder: &Path) -> Vec<shared::Recorded> {
    let text = fs::read_to_string(folder.join("reference/renault_twizy.facts.csv")).unwrap();
    let dbc = Dbc::try_from(RENAULT_TWIZY_DBC).unwrap();
    let mut frames = Vec::new();
    for row in shared::csv(&text).into_iter().skip(1) {
        let (id, name, prose) = (&row[0], &row[4], &row[14]);
        let id = u32::from_str_radix(id.trim_start_matches("0x"), 16).unwrap();
        let message = dbc
            .messages
            .iter()
            .find(|message| message.id.raw() == id)
            .unwrap();
        let Some(signal) = message.signals.iter().find(|signal| signal.name == *name) else {
            continue;
        };
        let words = prose.split(|char: char| !char.is_ascii_alphanumeric());
        let named = words.filter_map(|word| match word.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => word.parse().ok(),
        });
        let largest = u64::MAX >> (64 - signal.size);
        for number in named.chain([0, largest]) {
            for raw in number.saturating_sub(1)..=number.saturating_add(1) {
                for base in [[0; 8], [0, 0, 0, 0x54, 0, 0, 0, 0]] {
                    let data = with_signal(base, signal, raw.min(largest));
                    let data = &data[..usize::try_from(message.size).unwrap()];
                    let frame = CanFrame::new(CanId::standard(id).unwrap(), data).unwrap();
                    frames.push(shared::Recorded {
                        at: Instant::BOOT,
                        frame,
                    });
                }
            }
        }
    }
    frames
}

/// Puts a raw number into a frame, bit by bit from its least significant one.
fn with_signal(mut data: [u8; 8], signal: &Signal, raw: u64) -> [u8; 8] {
    let start = usize::try_from(signal.start_bit).unwrap();
    let size = usize::try_from(signal.size).unwrap();
    for bit in 0..size {
        let place = match signal.byte_order {
            ByteOrder::LittleEndian => start + bit,
            // From the most significant bit at `start`, downwards through its byte, then on.
            ByteOrder::BigEndian => {
                let from_first = start / 8 * 8 + (7 - start % 8) + (size - 1 - bit);
                from_first / 8 * 8 + (7 - from_first % 8)
            }
        };
        data[place / 8] &= !(1 << (place % 8));
        if raw >> bit & 1 == 1 {
            data[place / 8] |= 1 << (place % 8);
        }
    }
    data
}

fn has_cantools() -> bool {
    let mut import = Command::new("python3");
    import.args(["-c", "import cantools"]).stderr(Stdio::null());
    import.status().is_ok_and(|status| status.success())
}

#[test]
fn every_frame_decodes_as_cantools_and_the_fact_table_say() {
    let Some(folder) = shared::folder() else {
        return;
    };
    if !has_cantools() {
        assert!(!shared::is_required(), "python3 has no cantools");
        println!("skipped: no cantools");
        return;
    }
    let decoder = shared::twizy();
    let files = shared::frame_files(&folder.join("data"));
    let mut frames = 0;
    let mut lines = String::new();
    let recorded = files.iter().map(|file| shared::frames(file));
    let streams = recorded.chain([frames_at_boundaries(&folder)]);
    for (stream, recorded) in streams.enumerate() {
        let mut history = History::new(&decoder);
        for recorded in recorded {
            lines.push_str(&line(&decoder, &mut history, stream, &recorded));
            frames += 1;
        }
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut reference = Command::new("python3")
        .arg(here.join("tests/cantools_reference.py"))
        .arg(here.join("../../interfaces/dbc/renault_twizy.dbc"))
        .arg(folder.join("reference/renault_twizy.facts.csv"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // At the first difference the reference stops reading; its own words then say why.
    let fed = reference.stdin.take().unwrap().write_all(lines.as_bytes());
    let output = reference.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{} files: {said}", files.len());
    assert!(output.status.success() && fed.is_ok(), "{said}");
    assert!(said.starts_with(&format!("frames {frames} ")), "{said}");
    assert!(frames > 20_000, "{frames} frames are not all of them");
}
