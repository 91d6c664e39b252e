//! Every window of the recordings' README comes out of the decoder.

mod shared;

use std::collections::BTreeMap;
use std::fs;

use v2x_can::{History, Outcome};

/// The distinct values of a signal, in the order in which they came.
type Values = BTreeMap<String, Vec<f64>>;

fn decode_all(path: &std::path::Path) -> (usize, Values) {
    let decoder = shared::twizy();
    let mut history = History::new(&decoder);
    let mut values = Values::new();
    let frames = shared::frames(path);
    for recorded in &frames {
        let outcome = decoder.decode(
            &mut history,
            recorded.at,
            &recorded.frame,
            |signal, value| {
                values
                    .entry(decoder.info(signal).qualified.clone())
                    .or_default()
                    .push(value);
            },
        );
        assert!(
            matches!(outcome, Outcome::Decoded | Outcome::UnknownId),
            "{outcome:?}"
        );
    }
    (frames.len(), values)
}

/// Values as the table writes them: distinct, in ascending order, with so many decimals.
fn distinct(values: Option<&Vec<f64>>, decimals: usize) -> String {
    let mut values = values.cloned().unwrap_or_default();
    values.sort_by(f64::total_cmp);
    let mut texts: Vec<_> = values
        .iter()
        .map(|value| format!("{value:.decimals$}"))
        .collect();
    texts.dedup();
    if texts.is_empty() {
        "–".to_owned()
    } else {
        texts.join(", ")
    }
}

#[test]
fn windows_of_the_recordings_readme_come_out_of_the_decoder() {
    let Some(folder) = shared::folder() else {
        return;
    };
    let recordings = folder.join("data/recordings");
    let readme = fs::read_to_string(recordings.join("README.md")).unwrap();
    let section = readme
        .split("\n## ")
        .find(|section| section.starts_with("2 Raw CAN"))
        .unwrap();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains(".csv |"));
    let mut windows = 0;
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [
            file,
            frames,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            soc,
            current,
            odometer,
            range,
            speed,
            pack,
            cells,
        ] = <[&str; 16]>::try_from(cells).unwrap();
        let (seen, values) = decode_all(&recordings.join(file));
        // The rows whose id is no 11-bit number are damage of the serial line.
        assert!(
            frames.parse::<usize>().unwrap() - seen <= 1,
            "{file}: {seen} frames"
        );
        let of = |name: &str| values.get(name);
        let charge = of("BMS_Power.StateOfCharge").unwrap();
        let (first, last) = (charge.first().unwrap(), charge.last().unwrap());
        assert_eq!(format!("{first:.2} → {last:.2}"), soc, "{file}");
        let amps = of("BMS_Power.BatteryCurrent").unwrap();
        let least = amps.iter().copied().min_by(f64::total_cmp).unwrap();
        let most = amps.iter().copied().max_by(f64::total_cmp).unwrap();
        assert_eq!(format!("{least:.2} / {most:.2}"), current, "{file}");
        assert_eq!(distinct(of("DSP_Odometer.Odometer"), 2), odometer, "{file}");
        assert_eq!(
            distinct(of("DSP_Vehicle.RemainingRange"), 0),
            range,
            "{file}"
        );
        let fastest = of("DSP_Odometer.VehicleSpeed")
            .and_then(|speeds| speeds.iter().copied().max_by(f64::total_cmp));
        let fastest = fastest.map_or("none valid".to_owned(), |speed| format!("{speed:.2}"));
        assert_eq!(fastest, speed, "{file}");
        assert_eq!(
            distinct(of("BMS_PackVoltage.PackVoltage1"), 1),
            pack,
            "{file}"
        );
        let of_cells: Vec<_> = (1..=5)
            .filter_map(|cell| of(&format!("BMS_Cells1.CellVoltage{cell}")))
            .flatten()
            .collect();
        let mean = 14.0 * of_cells.iter().copied().sum::<f64>() / of_cells.len() as f64;
        let mean = if of_cells.is_empty() {
            "–".to_owned()
        } else {
            format!("{mean:.2}")
        };
        assert_eq!(mean, cells, "{file}");
        windows += 1;
    }
    assert_eq!(windows, 19);
}
