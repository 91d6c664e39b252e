//! `v2x import` over every shared recording: the trips and charges of the recordings' page, each
//! begun and ended when it says, and none that it denies.
//!
//! The page was made by other programs from the same files. The recordings are private data of
//! the project: where they are absent the test says so and passes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says when it cannot run"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use v2x_roles::vehicle::{Charge, Trip};
use v2x_store::Store;
use v2x_units::{CivilTime, Kilometers, UtcTime};

/// How far a beginning or an end may be from the page's: two rows of the prototype.
const TOLERANCE_US: i64 = 10_000_000;

fn recordings() -> Option<PathBuf> {
    let shared = std::env::var_os("V2X_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/recordings");
    if folder.join("README.md").is_file() {
        return Some(folder);
    }
    let is_required = std::env::var("V2X_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(!is_required, "{} does not exist", folder.display());
    println!("skipped: no recordings");
    None
}

/// What an import of a folder left in the store, and its report.
struct Imported {
    trips: Vec<Trip>,
    charges: Vec<Charge>,
    rows: u64,
    fixes: usize,
    report: Value,
}

fn import(folder: &Path, out: &Path) -> Imported {
    let output = Command::new(env!("CARGO_BIN_EXE_v2x"))
        .arg("import")
        .arg(folder)
        .arg("--out")
        .arg(out)
        .args(["--format", "json"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let store = Store::open(&out.join("v2x.db")).unwrap();
    let begin = UtcTime::from_millis(0);
    Imported {
        trips: store.trips(begin, 1000).unwrap(),
        charges: store.charges(begin, 1000).unwrap(),
        rows: store.telemetry_count().unwrap(),
        fixes: store.fixes(begin, 100_000).unwrap().len(),
        report: serde_json::from_slice(&output.stdout).unwrap(),
    }
}

/// A time of day of 2025, as the page writes it: `8-28 09:03:56`.
fn utc(text: &str) -> UtcTime {
    let numbers: Vec<u8> = text
        .split(['-', ' ', ':'])
        .map(|number| number.parse().unwrap())
        .collect();
    let [month, day, hour, minute, second] = numbers[..] else {
        panic!("{text}")
    };
    let civil = CivilTime {
        year: 2025,
        month,
        day,
        hour,
        minute,
        second,
        micros: 0,
    };
    civil.to_utc().unwrap()
}

fn is_near(seen: UtcTime, page: &str) -> bool {
    seen.micros_since(utc(page)).abs() <= TOLERANCE_US
}

/// The page's trips: beginning, end, kilometres of the odometer; whether the receiver saw the
/// whole way.
const TRIPS: [(&str, &str, f64, bool); 9] = [
    ("7-24 10:29:32", "7-24 10:35:06", 1.8, false),
    ("7-24 14:28:08", "7-24 14:32:20", 0.2, false),
    ("7-25 11:08:40", "7-25 11:20:12", 2.8, false),
    ("8-06 10:03:38", "8-06 10:05:54", 0.2, true),
    ("8-06 10:30:13", "8-06 10:40:52", 1.8, true),
    ("8-06 10:42:53", "8-06 10:51:31", 1.8, true),
    // The page adds half a kilometre that the odometer shows after the last row of the trip.
    ("8-13 16:26:21", "8-13 16:36:05", 1.9, false),
    ("8-13 16:55:18", "8-13 17:02:20", 2.1, true),
    ("8-28 08:52:12", "8-28 09:03:56", 1.9, true),
];

/// A trip that the page leaves out: its table's clock was 25 minutes behind.
const ANOTHER_TRIP: &str = "7-24 14:14:19";

#[test]
fn trips_of_all_recordings_are_those_of_their_page() {
    let Some(folder) = recordings() else { return };
    let out = tempfile::tempdir().unwrap();
    let trips = import(&folder, out.path()).trips;
    let (mut by_gnss, mut by_odometer) = (Kilometers::ZERO, Kilometers::ZERO);
    for (from, to, kilometres, is_whole) in TRIPS {
        let found = trips.iter().find(|trip| is_near(trip.started(), from));
        let trip = found.unwrap_or_else(|| panic!("no trip begins at {from}"));
        assert!(
            is_near(trip.last_motion(), to),
            "{from}: ends {}",
            trip.last_motion()
        );
        let way = trip.by_odometer().unwrap();
        assert!((way.get() - kilometres).abs() < 0.01, "{from}: {way}");
        if is_whole {
            by_odometer += way;
            by_gnss += trip.by_gnss().unwrap().to_kilometers();
        }
    }
    let others: Vec<_> = trips
        .iter()
        .filter(|trip| !TRIPS.iter().any(|(from, ..)| is_near(trip.started(), from)))
        .collect();
    assert_eq!(others.len(), 1);
    assert!(is_near(others[0].started(), ANOTHER_TRIP));
    let ratio = by_gnss / by_odometer;
    println!("GNSS over odometer: {by_gnss:.2} over {by_odometer:.2}, {ratio:.3}");
    assert!((0.95..=1.05).contains(&ratio), "{ratio}");
}

/// The page's charges: beginning, end, state of charge before and after.
const CHARGES: [(&str, &str, f64, f64); 10] = [
    ("8-18 09:23:18", "8-18 09:33:16", 67.0, 73.0),
    ("8-18 09:42:50", "8-18 09:54:42", 74.0, 82.0),
    ("8-18 09:55:32", "8-18 09:55:47", 82.0, 82.0),
    ("8-18 10:49:06", "8-18 10:56:23", 79.0, 85.0),
    ("8-18 11:10:58", "8-18 11:13:09", 88.0, 90.0),
    ("8-18 11:57:30", "8-18 12:03:37", 91.0, 95.0),
    ("8-18 12:13:15", "8-18 12:25:19", 96.0, 99.0),
    ("8-18 12:26:35", "8-18 12:27:00", 99.0, 99.0),
    ("8-28 08:41:27", "8-28 08:47:20", 68.0, 72.0),
    ("8-28 08:49:41", "8-28 08:50:11", 72.0, 72.0),
];

/// Charges that the page does not tabulate: seven rows at 32 A, and the window of frames that it
/// calls wholly inside a session.
const OTHER_CHARGES: [(&str, &str); 2] = [
    ("7-25 10:58:24", "7-25 10:58:57"),
    ("7-29 13:48:12", "7-29 13:49:01"),
];

/// The page's charge in Ah for three of the charges.
const CHARGED: [(&str, f64); 3] = [
    ("8-18 09:23:18", 5.39),
    ("8-18 09:42:50", 6.40),
    ("8-18 12:13:15", 3.18),
];

#[test]
fn charges_of_all_recordings_are_those_of_their_page_and_none_is_braking() {
    let Some(folder) = recordings() else { return };
    let out = tempfile::tempdir().unwrap();
    let charges = import(&folder, out.path()).charges;
    let found = |from| {
        charges
            .iter()
            .find(|charge| is_near(charge.started(), from))
    };
    for (from, to, soc_from, soc_to) in CHARGES {
        let charge = found(from).unwrap_or_else(|| panic!("no charge begins at {from}"));
        assert!(
            is_near(charge.last_charging(), to),
            "{from}: ends {}",
            charge.last_charging()
        );
        let (first, last) = charge.soc();
        assert_eq!(
            (first.unwrap().percent(), last.unwrap().percent()),
            (soc_from, soc_to)
        );
        assert!(
            charge.is_inferred(),
            "{from}: no merged row has the charger's word"
        );
    }
    for (from, to) in OTHER_CHARGES {
        let charge = found(from).unwrap_or_else(|| panic!("no charge begins at {from}"));
        assert!(
            is_near(charge.last_charging(), to),
            "{from}: ends {}",
            charge.last_charging()
        );
    }
    for (from, amount) in CHARGED {
        let charge = found(from).unwrap().flow().charge_in().unwrap();
        assert!(
            (charge.get() / amount - 1.0).abs() < 0.02,
            "{from}: {charge}"
        );
    }
    // Nothing else: none of the nine brakings of 28 August, nor any of the five other drives.
    assert_eq!(charges.len(), CHARGES.len() + OTHER_CHARGES.len());
}

#[test]
fn importing_the_recordings_again_adds_nothing() {
    let Some(folder) = recordings() else { return };
    let out = tempfile::tempdir().unwrap();
    let first = import(&folder, out.path());
    let second = import(&folder, out.path());
    assert_eq!((second.rows, second.fixes), (first.rows, first.fixes));
    assert_eq!(second.trips, first.trips);
    assert_eq!(second.charges, first.charges);
}

#[test]
fn report_names_every_defect_that_the_page_lists() {
    let Some(folder) = recordings() else { return };
    let out = tempfile::tempdir().unwrap();
    let report = import(&folder, out.path()).report;
    let file = |name: &str| {
        let files = report["files"].as_array().unwrap();
        let found = files.iter().find(|file| file["file"] == name);
        found
            .unwrap_or_else(|| panic!("{name} is not in the report"))
            .clone()
    };
    let lines = |notes: &Value, word: &str| -> Vec<u64> {
        let notes = notes.as_object().unwrap().iter();
        let lines = notes
            .filter(|(what, _)| what.contains(word))
            .flat_map(|(_, lines)| {
                let lines = lines.as_array().unwrap().iter();
                lines.map(|line| line.as_u64().unwrap()).collect::<Vec<_>>()
            });
        let mut lines: Vec<_> = lines.collect();
        lines.sort_unstable();
        lines
    };
    let cut = file("data_24_07_2025_12/merged_can_data_20250724_1528.csv");
    assert_eq!(lines(&cut["refused"], "NUL"), [45]);
    let drive = file("data_28082025/merged_can_data_20250828_0939.csv");
    assert_eq!(
        lines(&drive["repaired"], "behind"),
        [24, 234, 403, 602, 684, 832]
    );
    let fixes = file("data_28082025/gps_data.csv");
    assert_eq!(
        lines(&fixes["repaired"], "hour"),
        (2..=1001).collect::<Vec<_>>()
    );
    let jump = file("data_24_07_2025_12/merged_can_data_20250724_1513.csv");
    assert_eq!(lines(&jump["refused"], "1111 s"), [2]);
    let radio = file("data_28082025/ESP_now_data_20250828_0939.csv");
    assert_eq!(lines(&radio["repaired"], "address").len(), 38);
    assert_eq!(lines(&radio["refused"], "MAC"), [8, 40]);
    let bench = file("test_25082025/ESP_now_data_20250822_1239.csv");
    assert_eq!(lines(&bench["repaired"], "time"), [25, 71]);
    for made in ["20250805_1203", "20250805_1723"] {
        let file = file(&format!("test_25082025/merged_can_data_{made}.csv"));
        assert!(
            file["left_out"].as_str().unwrap().contains("decimals"),
            "{made}"
        );
    }
    let copy = file("data_24_07_2025_12/merged_can_data_20250724_1126.csv");
    assert!(
        copy["left_out"]
            .as_str()
            .unwrap()
            .contains("every row of it")
    );
}
