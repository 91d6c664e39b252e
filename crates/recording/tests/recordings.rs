//! Every shared recording, read and compared with what its README says about it.
//!
//! The README was made by other programs (Python and the prototype's own C), so its tables are an
//! independent reading of the same files.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

mod shared;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use v2x_recording::{
    Damaged, Fault, MergedRow, Origin, RecordedFix, RecordedFrame, RecordedRow, Recording, merged,
};
use v2x_units::UtcTime;

/// The rows of the README's tables under one heading, split into cells.
fn readme_rows(data: &Path, heading: &str) -> Vec<Vec<String>> {
    let readme = fs::read_to_string(data.join("recordings/README.md")).unwrap();
    readme
        .lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with("| "))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .filter(|cells: &Vec<String>| cells[0].ends_with(".csv"))
        .collect()
}

fn frames(path: &Path) -> (Vec<RecordedFrame>, Vec<Damaged>) {
    split(
        shared::open(path)
            .into_frames()
            .unwrap()
            .map(Result::unwrap),
    )
}

fn split<T>(rows: impl Iterator<Item = Result<T, Damaged>>) -> (Vec<T>, Vec<Damaged>) {
    let (mut good, mut damaged) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(row) => good.push(row),
            Err(row) => damaged.push(row),
        }
    }
    (good, damaged)
}

fn micros(frames: &[RecordedFrame]) -> Vec<i64> {
    frames.iter().map(|it| it.at.unwrap().as_micros()).collect()
}

/// The README's stamp with nine decimals, cut to microseconds.
fn readme_micros(stamp: &str) -> i64 {
    let (seconds, fraction) = stamp.split_once('.').unwrap();
    let fraction = format!("{fraction:0<6}");
    seconds.parse::<i64>().unwrap() * 1_000_000 + fraction[..6].parse::<i64>().unwrap()
}

#[test]
fn every_window_of_frames_counts_as_the_readme_says() {
    let Some(data) = shared::data() else { return };
    let rows = readme_rows(&data, "## 2");
    assert_eq!(rows.len(), 19);
    for row in rows {
        let (frames, damaged) = frames(&data.join("recordings").join(&row[0]));
        assert_eq!(
            (frames.len() + damaged.len()).to_string(),
            row[1],
            "{row:?}"
        );
        let stamps = micros(&frames);
        assert_eq!(stamps[0], readme_micros(&row[2]), "{row:?}");
        let span = (stamps[stamps.len() - 1] - stamps[0]) as f64 / 1e6;
        assert!(
            (span - row[3].parse::<f64>().unwrap()).abs() < 0.001,
            "{row:?}"
        );

        let mut of_id: BTreeMap<u32, usize> = BTreeMap::new();
        for frame in &frames {
            *of_id.entry(frame.frame.id().raw()).or_default() += 1;
        }
        assert_eq!((of_id.len() + damaged.len()).to_string(), row[5], "{row:?}");
        let counts = [0x155, 0x19F, 0x425, 0x59B]
            .map(|id| of_id.get(&id).unwrap_or(&0).to_string())
            .join(" / ");
        assert_eq!(counts, row[6], "{row:?}");
        let gaps = stamps.windows(2).filter(|it| it[1] - it[0] > 500_000);
        assert_eq!(gaps.count().to_string(), row[7], "{row:?}");
    }
}

#[test]
fn damaged_line_is_reported_and_a_plausible_one_is_kept() {
    let Some(data) = shared::data() else { return };
    let (frames, damaged) = frames(&data.join("recordings/can_data01.csv"));
    let lines: Vec<u64> = damaged.iter().map(|it| it.line).collect();
    assert_eq!(lines, [890]);
    assert!(matches!(&damaged[0].fault, Fault::CanId(id) if id.seen == 0x1558));
    let cut_ids: Vec<u64> = frames
        .iter()
        .filter(|it| it.frame.id().raw() == 0x015)
        .map(|it| it.line)
        .collect();
    assert_eq!(cut_ids, [888, 958]);
}

#[test]
fn only_one_frame_is_damaged_in_all_tables_of_frames() {
    let Some(data) = shared::data() else { return };
    let mut seen = Vec::new();
    for path in tables(&data) {
        if let Recording::Frames(rows) = shared::open(&path) {
            let (_, damaged) = split(rows.map(Result::unwrap));
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            seen.extend(damaged.into_iter().map(|it| (name.clone(), it.line)));
        }
    }
    seen.sort();
    // The README names the first; the snapshot of that minute holds the same frame.
    assert_eq!(
        seen,
        [
            ("can_data01.csv".to_owned(), 890),
            ("can_data_snapshot01.csv".to_owned(), 891)
        ]
    );
}

/// All CSV files but the radio bridge's, the session logs and the manifest.
fn tables(data: &Path) -> Vec<std::path::PathBuf> {
    let mut folders = vec![data.join("recordings"), data.join("bus-traces")];
    let mut tables = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let other = ["ESP_now", "v2g_sessions", "manifest"];
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".csv") && !other.iter().any(|it| name.starts_with(it)) {
                tables.push(path);
            }
        }
    }
    tables
}

#[test]
fn tables_with_other_columns_give_their_frames_too() {
    let Some(data) = shared::data() else { return };
    for (file, count) in [
        ("recordings/parsed_can_data_20250724_1045.csv", 995),
        ("recordings/data_24_07_3_47pm/filtered.csv", 325),
        ("recordings/data_24_07_3_47pm/speed_debug_results.csv", 20),
        ("bus-traces/balzer_protocol_init_drv.csv", 2018),
        ("bus-traces/balzer_protocol_end_drv.csv", 886),
        ("bus-traces/balzer_protocol_init_chg.csv", 2018),
        ("bus-traces/balzer_protocol_end_chg.csv", 236),
        ("bus-traces/balzer_protocol_init_trc.csv", 263),
        ("bus-traces/balzer_protocol_end_trc.csv", 165),
        ("bus-traces/ovms3_can_test_frames.csv", 97),
    ] {
        let (frames, damaged) = frames(&data.join(file));
        assert_eq!((frames.len(), damaged.len()), (count, 0), "{file}");
    }
    let (parsed, _) = frames(&data.join("recordings/parsed_can_data_20250724_1045.csv"));
    let odd = parsed.iter().find(|it| it.line == 67).unwrap();
    assert_eq!(odd.frame.id().raw(), 0x659);
    assert_eq!(odd.frame.data(), [0xFF; 4]);
    let (drive, _) = frames(&data.join("bus-traces/balzer_protocol_init_drv.csv"));
    assert!(drive.iter().all(|it| it.at.is_none()));
    assert_eq!(drive[2].since_start.unwrap().as_millis(), 8);
}

#[test]
fn tables_of_fixes_hold_the_distinct_fixes_of_the_readme() {
    let Some(data) = shared::data() else { return };
    for (file, count) in [
        ("data_060825", 130),
        ("data_18082025", 121),
        ("data_28082025", 112),
        ("test_25082025", 53),
    ] {
        let path = data.join("recordings").join(file).join("gps_data.csv");
        let Recording::Fixes(rows) = shared::open(&path) else {
            panic!("{file} is no table of fixes");
        };
        let (fixes, damaged) = split(rows.map(Result::unwrap));
        assert!(damaged.is_empty(), "{file}");
        assert!(
            fixes
                .iter()
                .all(|it| it.fix.utc == Some(it.at) && it.fix.valid)
        );
        let distinct: HashSet<_> = fixes.iter().map(content).collect();
        assert_eq!(distinct.len(), count, "{file}");
    }
}

/// What the receiver reported, without the time at which the row was written.
fn content(row: &RecordedFix) -> ([u64; 5], u8) {
    let fix = &row.fix;
    let numbers = [
        fix.position.latitude().get(),
        fix.position.longitude().get(),
        fix.altitude.unwrap().get(),
        fix.speed.unwrap().get(),
        fix.hdop.unwrap(),
    ];
    (numbers.map(f64::to_bits), fix.satellites.unwrap())
}

fn merged_rows(path: &Path) -> (Vec<RecordedRow>, Vec<Damaged>) {
    let Recording::Merged(rows) = shared::open(path) else {
        panic!("{} is no merged table", path.display());
    };
    split(rows.map(Result::unwrap))
}

#[test]
fn zeros_in_every_merged_table_are_missing_values_as_counted_in_the_readme() {
    let Some(data) = shared::data() else { return };
    let readme = readme_rows(&data, "## 4");
    assert_eq!(readme.len(), 29);
    for entry in readme {
        let (rows, damaged) = merged_rows(&data.join("recordings").join(&entry[0]));
        assert!(rows.iter().all(|it| it.origin == Origin::Prototype));
        // NUL tails after a power cut are no rows; the synthetic table's gear `Park` is refused.
        let (tails, refused): (Vec<_>, Vec<_>) =
            damaged.iter().partition(|it| it.fault == Fault::NulBytes);
        let is_cut = ["24_07_2025_12/merged_can_data_20250724_1128", "_1528.csv"]
            .iter()
            .any(|name| entry[0].contains(name));
        assert_eq!(tails.len(), usize::from(is_cut), "{entry:?}");
        assert_eq!(
            refused.is_empty(),
            !entry[0].contains("20250805_1203"),
            "{entry:?}"
        );
        assert_eq!(
            (rows.len() + refused.len()).to_string(),
            entry[1],
            "{entry:?}"
        );

        let missing =
            |known: fn(&MergedRow) -> bool| rows.iter().filter(|it| !known(&it.row)).count();
        let zeros = format!(
            "{} / {} / {} / {}; {}",
            missing(|row| row.soc.is_some()),
            missing(|row| row.odometer.is_some()),
            missing(|row| row.range.is_some()),
            missing(|row| row.charging_status.is_some()),
            missing(|row| row.gear.is_some()),
        );
        assert_eq!(zeros, entry[9], "{entry:?}");
        assert_eq!(lines_that_go_back(&rows), entry[10], "{entry:?}");
    }
}

/// The lines whose stamp is before that of the row above, as the README lists them.
fn lines_that_go_back(rows: &[RecordedRow]) -> String {
    let lines: Vec<String> = rows
        .windows(2)
        .filter(|it| it[1].row.at < it[0].row.at)
        .map(|it| it[1].line.to_string())
        .collect();
    if lines.is_empty() {
        "–".to_owned()
    } else {
        lines.join(", ")
    }
}

#[test]
fn reference_row_of_the_readme_is_read_as_it_stands_there() {
    let Some(data) = shared::data() else { return };
    let path = data.join("recordings/data_060825/merged_can_data_20250806_1059.csv");
    let (rows, _) = merged_rows(&path);
    let last = rows.last().unwrap();
    assert_eq!(last.line, 626);
    assert_eq!(last.row.at, UtcTime::from_micros(1_754_477_506_171_557));
    assert_eq!(last.row.odometer.unwrap().get(), 3585.2);
    assert_eq!(last.row.current.unwrap().into_battery().get(), -0.8);
    assert_eq!(last.row.motor_speed.unwrap().get(), 0.0);
    assert_eq!(last.row.available_energy.unwrap().kilowatt_hours(), 3.8);
}

#[test]
fn headers_that_are_written_are_those_of_the_prototype() {
    let Some(data) = shared::data() else { return };
    let first_line = |file: &str| {
        let text = fs::read_to_string(data.join("recordings").join(file)).unwrap();
        text.split_inclusive('\n').next().unwrap().to_owned()
    };
    assert_eq!(
        merged::HEADER,
        first_line("data_28082025/merged_can_data_20250828_0939.csv")
    );
    assert_eq!(
        v2x_recording::can_data::HEADER,
        first_line("data_28082025/can_data.csv")
    );
    assert_eq!(
        v2x_recording::gps_data::HEADER,
        first_line("data_28082025/gps_data.csv")
    );
}
