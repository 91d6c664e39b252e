//! Every recorded frame decodes as cantools decodes it, and what is withheld has its reason.
//!
//! The comparison itself is in `cantools_reference.py`, so that it shares no code with the
//! decoder; it reads the fact table's prose about invalid values on its own.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod shared;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use v2x_can::{Decoder, History};

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

fn has_cantools() -> bool {
    let mut import = Command::new("python3");
    import.args(["-c", "import cantools"]).stderr(Stdio::null());
    import.status().is_ok_and(|status| status.success())
}

#[test]
fn every_recorded_frame_decodes_as_cantools_and_the_fact_table_say() {
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
    for (stream, file) in files.iter().enumerate() {
        let mut history = History::new(&decoder);
        for recorded in shared::frames(file) {
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
