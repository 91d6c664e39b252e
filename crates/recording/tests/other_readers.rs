//! Our candump logs as other programs read them: python-can and can-utils' `log2asc`.
//!
//! Every frame of the shared recordings goes through each of them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

mod shared;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

use v2x_recording::{Recording, candump};
use v2x_units::{CanFrame, CanId, UtcTime};

/// Prints each frame that python-can reads as `micros id extended remote dlc data`.
const PYTHON: &str = "
import sys, can
for m in can.CanutilsLogReader(sys.argv[1]):
    print(round(m.timestamp * 1e6), f'{m.arbitration_id:X}', int(m.is_extended_id),
          int(m.is_remote_frame), m.dlc, m.data.hex())
";

/// All recorded frames that have a time, and one of each kind that the recordings lack.
fn recorded_frames(data: &Path) -> Vec<(UtcTime, CanFrame)> {
    let mut frames = Vec::new();
    for folder in [
        "",
        "data_060825",
        "data_24_07_2025_12",
        "data_28082025",
        "data_29_07_25",
    ] {
        let folder = data.join("recordings").join(folder);
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains("/can_data"))
            .collect();
        paths.sort();
        for path in paths {
            let rows = shared::open(&path).into_frames().unwrap();
            let whole = rows.map(Result::unwrap).filter_map(Result::ok);
            frames.extend(whole.map(|it| (it.at.unwrap(), it.frame)));
        }
    }
    let at = UtcTime::from_micros(1_800_000_000_000_001);
    let extended = CanId::extended(0x18DA_F110).unwrap();
    frames.push((at, CanFrame::new(extended, &[2, 16]).unwrap()));
    frames.push((at, CanFrame::remote(extended, 3).unwrap()));
    frames.push((
        at,
        CanFrame::remote(CanId::standard(0x155).unwrap(), 8).unwrap(),
    ));
    frames
}

fn write_log(path: &Path, frames: &[(UtcTime, CanFrame)]) {
    let mut log = BufWriter::new(File::create(path).unwrap());
    for (at, frame) in frames {
        candump::write_frame(&mut log, *at, "can0", frame).unwrap();
    }
    log.flush().unwrap();
}

/// Whether a program runs with these arguments at all.
fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success())
}

#[test]
fn python_can_reads_every_recorded_frame_as_it_was() {
    let Some(data) = shared::data() else { return };
    if !runs("python3", &["-c", "import can"]) {
        return shared::skipped("no python-can");
    }
    let frames = recorded_frames(&data);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("drive.log");
    write_log(&log, &frames);
    let output = Command::new("python3")
        .args(["-c", PYTHON])
        .arg(&log)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), frames.len());
    for (line, (at, frame)) in printed.lines().zip(&frames) {
        let bytes: String = frame
            .data()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let expected = format!(
            "{} {:X} {} {} {} {bytes}",
            at.as_micros(),
            frame.id().raw(),
            u8::from(frame.id().is_extended()),
            u8::from(frame.is_remote()),
            frame.dlc(),
        );
        assert_eq!(line, expected.trim_end_matches(' ').to_owned() + pad(frame));
    }
}

/// Python prints a blank before no bytes.
fn pad(frame: &CanFrame) -> &'static str {
    if frame.data().is_empty() { " " } else { "" }
}

#[test]
fn log2asc_of_can_utils_reads_every_recorded_frame_as_it_was() {
    let Some(data) = shared::data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (log, asc) = (
        folder.path().join("drive.log"),
        folder.path().join("drive.asc"),
    );
    let frames = recorded_frames(&data);
    write_log(&log, &frames);
    let converted = Command::new("log2asc")
        .args([
            "-I".as_ref(),
            log.as_os_str(),
            "-O".as_ref(),
            asc.as_os_str(),
        ])
        .arg("can0")
        .output();
    let Ok(converted) = converted else {
        return shared::skipped("no can-utils");
    };
    assert!(
        converted.status.success(),
        "{}",
        String::from_utf8_lossy(&converted.stderr)
    );
    let asc = std::fs::read_to_string(asc).unwrap();
    // A frame's line is `seconds channel id direction d dlc bytes`; all others are the heading.
    let lines: Vec<Vec<&str>> = asc
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|words: &Vec<&str>| words.get(3) == Some(&"Rx"))
        .collect();
    assert_eq!(lines.len(), frames.len());
    for (words, (_, frame)) in lines.iter().zip(&frames) {
        let mark = if frame.id().is_extended() { "x" } else { "" };
        assert_eq!(words[2], format!("{:X}{mark}", frame.id().raw()));
        assert_eq!(words[4], if frame.is_remote() { "r" } else { "d" });
        if !frame.is_remote() {
            assert_eq!(words[5], frame.dlc().to_string());
            let bytes: Vec<String> = frame
                .data()
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect();
            assert_eq!(words[6..6 + bytes.len()], bytes);
        }
    }
}

#[test]
fn log_that_python_can_wrote_gives_the_same_frames() {
    if !runs("python3", &["-c", "import can"]) {
        return shared::skipped("no python-can");
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("python.log");
    let script = "
import sys, can
w = can.CanutilsLogWriter(sys.argv[1], channel='can0')
def put(**k): w.on_message_received(can.Message(timestamp=1753260346.5, **k))
put(arbitration_id=0x155, is_extended_id=False, data=bytes.fromhex('0596E7546D58006F'))
put(arbitration_id=0x18DAF110, is_extended_id=True, data=b'\\x02', is_rx=False)
put(arbitration_id=0x80, is_extended_id=False, is_remote_frame=True)
w.stop()
";
    assert!(runs("python3", &["-c", script, log.to_str().unwrap()]));
    let bytes = std::fs::read(log).unwrap();
    let frames: Vec<_> = Recording::open(&bytes[..])
        .unwrap()
        .into_frames()
        .unwrap()
        .map(|row| row.unwrap().unwrap())
        .collect();
    assert_eq!(frames.len(), 3);
    assert_eq!(
        frames[0].at,
        Some(UtcTime::from_micros(1_753_260_346_500_000))
    );
    assert_eq!(
        frames[0].frame.data(),
        [0x05, 0x96, 0xE7, 0x54, 0x6D, 0x58, 0x00, 0x6F]
    );
    assert_eq!(frames[1].frame.id(), CanId::extended(0x18DA_F110).unwrap());
    assert!(frames[2].frame.is_remote());
}
