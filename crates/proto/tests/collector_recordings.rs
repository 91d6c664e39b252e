//! The recorded drives as collector lines: the text is rebuilt from the CSV columns by string work
//! alone, not by our emitter, and must be read and written back unchanged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs;
use std::path::{Path, PathBuf};

use v2x_proto::legacy::collector_line::{CollectorLine, LineError, emit_can, emit_gnss, parse};
use v2x_units::CanId;

/// The recordings' folder; `None` when this machine has none and need not have.
fn recordings() -> Option<PathBuf> {
    let shared = std::env::var_os("V2X_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/recordings");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("V2X_REQUIRE_SHARED").is_none_or(|value| value != "1"),
        "V2X_REQUIRE_SHARED=1, but there are no recordings in {}",
        folder.display()
    );
    println!("skipped: no recordings");
    None
}

/// All CSV files below a folder whose header begins with the given columns.
fn files_with_header(folder: &Path, header: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_header(&path, header));
        } else if path.extension().is_some_and(|extension| extension == "csv") {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            if text.starts_with(header) {
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn recorded_frames_are_read_from_their_lines_and_written_back_unchanged() {
    let Some(folder) = recordings() else { return };
    let (mut read, mut refused) = (0, Vec::new());
    for (path, text) in files_with_header(&folder, "timestamp,can_id,dlc,data_hex,data_bytes") {
        for (index, row) in text.lines().enumerate().skip(1) {
            let columns: Vec<_> = row.split(',').collect();
            let [_, id, dlc, bytes, ..] = columns[..] else {
                panic!("{}:{}: too few columns", path.display(), index + 1);
            };
            let printed = bytes.split_whitespace().chain(["00"; 8]).take(8);
            let line = ["SIM", id, dlc].into_iter().chain(printed);
            let line = line.collect::<Vec<_>>().join(" ");
            match parse(line.as_bytes()) {
                Ok(CollectorLine::Can(frame)) => {
                    let mut written = String::new();
                    emit_can(&frame, &mut written).unwrap();
                    assert_eq!(written, line, "{}:{}", path.display(), index + 1);
                    assert_eq!(
                        Ok(frame.id()),
                        CanId::standard(u32::from_str_radix(id, 16).unwrap())
                    );
                    read += 1;
                }
                Err(LineError::Damaged { field: "id", .. }) => refused.push(id.to_owned()),
                other => panic!("{}:{}: {other:?}", path.display(), index + 1),
            }
        }
    }
    assert!(read > 18_000, "{read} frames");
    // One line whose blank was lost; two files hold it, for their windows overlap.
    assert_eq!(refused, ["1558", "1558"]);
}

#[test]
fn recorded_fixes_are_read_from_their_lines_and_written_back_unchanged() {
    let Some(folder) = recordings() else { return };
    let header = "timestamp,latitude,longitude,altitude,speed_kmh,satellites,hdop,datetime,valid";
    let mut read = 0;
    for (path, text) in files_with_header(&folder, header) {
        for (index, row) in text.lines().enumerate().skip(1) {
            let columns: Vec<_> = row.split(',').collect();
            let [_, lat, lon, alt, speed, sats, hdop, date, hour] = columns[..] else {
                panic!("{}:{}: not nine columns", path.display(), index + 1);
            };
            // The prototype cut the date-time at its blank: its `valid` holds the printed hour.
            let line = format!("GPS {lat} {lon} {alt} {speed} {sats} {hdop} {date} {hour}:6:5 1");
            let Ok(CollectorLine::Gnss(fix)) = parse(line.as_bytes()) else {
                panic!("{}:{} is not read", path.display(), index + 1);
            };
            let mut written = String::new();
            emit_gnss(&fix, &mut written).unwrap();
            assert!(written == line, "{}:{} differs", path.display(), index + 1);
            assert_eq!(fix.position.latitude().get(), lat.parse::<f64>().unwrap());
            read += 1;
        }
    }
    assert!(read > 1000, "{read} fixes");
}
