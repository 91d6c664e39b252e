//! Every window of the recordings' README comes out of the decoder.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod shared;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use v2x_can::History;

/// The valid values of each signal, in the order in which they came.
struct Decoded {
    frames: usize,
    values: BTreeMap<String, Vec<f64>>,
}

impl Decoded {
    fn read(path: &Path) -> Self {
        let decoder = shared::twizy();
        let mut history = History::new(&decoder);
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let frames = shared::frames(path);
        for recorded in &frames {
            decoder.decode(
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
        }
        Self {
            frames: frames.len(),
            values,
        }
    }

    fn of(&self, signal: &str) -> &[f64] {
        self.values.get(signal).map_or(&[], Vec::as_slice)
    }

    /// The smallest and the largest value.
    fn range(&self, signal: &str) -> Option<(f64, f64)> {
        let values = || self.of(signal).iter().copied();
        Some((
            values().min_by(f64::total_cmp)?,
            values().max_by(f64::total_cmp)?,
        ))
    }

    /// The distinct values as the table writes them, with so many decimals.
    fn distinct(&self, signal: &str, decimals: usize) -> String {
        let mut values = self.of(signal).to_vec();
        values.sort_by(f64::total_cmp);
        let mut texts: Vec<_> = values
            .iter()
            .map(|value| format!("{value:.decimals$}"))
            .collect();
        texts.dedup();
        if texts.is_empty() {
            return NONE.to_owned();
        }
        texts.join(", ")
    }

    /// 14 times the mean of the five cells that one frame carries.
    fn pack_of_cells(&self) -> String {
        let cells: Vec<_> = (1..=5)
            .flat_map(|cell| self.of(&format!("BMS_Cells1.CellVoltage{cell}")))
            .collect();
        if cells.is_empty() {
            return NONE.to_owned();
        }
        let mean = cells.iter().copied().sum::<f64>() / cells.len() as f64;
        format!("{:.2}", 14.0 * mean)
    }
}

/// How the table writes that there is no value.
const NONE: &str = "–";

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
        let columns: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
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
        ] = <[&str; 16]>::try_from(columns).unwrap();
        let seen = Decoded::read(&recordings.join(file));
        // A row more is damage of the serial line: its id has more than 11 bits.
        let missing = frames.parse::<usize>().unwrap() - seen.frames;
        assert!(missing <= 1, "{file}: {missing} rows are no frames");
        let charge = seen.of("BMS_Power.StateOfCharge");
        let (first, last) = (charge.first().unwrap(), charge.last().unwrap());
        assert_eq!(format!("{first:.2} → {last:.2}"), soc, "{file}");
        let (least, most) = seen.range("BMS_Power.BatteryCurrent").unwrap();
        assert_eq!(format!("{least:.2} / {most:.2}"), current, "{file}");
        assert_eq!(
            seen.distinct("DSP_Odometer.Odometer", 2),
            odometer,
            "{file}"
        );
        assert_eq!(
            seen.distinct("DSP_Vehicle.RemainingRange", 0),
            range,
            "{file}"
        );
        let fastest = seen.range("DSP_Odometer.VehicleSpeed");
        let fastest = fastest.map_or("none valid".to_owned(), |(_, most)| format!("{most:.2}"));
        assert_eq!(fastest, speed, "{file}");
        assert_eq!(
            seen.distinct("BMS_PackVoltage.PackVoltage1", 1),
            pack,
            "{file}"
        );
        assert_eq!(seen.pack_of_cells(), cells, "{file}");
        windows += 1;
    }
    assert_eq!(windows, 19);
}
