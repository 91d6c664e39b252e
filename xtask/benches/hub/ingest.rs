//! The store alone: rows into SQLite in batches, each batch synced, against a file that is synced
//! as often and only grows.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Map, Value};
use v2x_roles::hub::{DeviceId, DeviceKind, Row};
use v2x_store::hub::{Arrival, HubStore};
use v2x_units::UtcTime;

use super::devices::{BEGIN, values};

/// Rows of one batch: what a thousand devices send in a second.
const BATCH: usize = 1000;
/// Batches.
const BATCHES: usize = 200;

pub(crate) fn measure() {
    let target = std::env::var_os("CARGO_TARGET_TMPDIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
    let folder = tempfile::tempdir_in(target).expect("a folder in target/");
    let mut store = HubStore::open(&folder.path().join("hub.db")).expect("a new file");
    let now = UtcTime::from_millis(BEGIN);
    let devices: Vec<DeviceId> = (0..BATCH)
        .map(|number| {
            let name = format!("Car {number}");
            let added = store.add_device(&name, DeviceKind::Vehicle, None, now);
            added.expect("a disk").expect("a new name")
        })
        .collect();
    let batches: Vec<Vec<Arrival>> = (0..BATCHES).map(|number| batch(&devices, number)).collect();
    let begin = Instant::now();
    for batch in &batches {
        let kept = store.record(batch).expect("a disk");
        assert_eq!(kept.new, BATCH);
    }
    let ours = begin.elapsed();
    let mut file = File::create(folder.path().join("rows")).expect("a writable folder");
    let begin = Instant::now();
    for batch in &batches {
        let lines = batch.iter().map(|arrival| {
            let values = serde_json::to_string(&arrival.row.values).expect("JSON");
            format!(
                "{} {} {values}\n",
                arrival.device,
                arrival.row.ts.as_millis()
            )
        });
        file.write_all(lines.collect::<String>().as_bytes())
            .expect("a disk");
        file.sync_data().expect("a disk");
    }
    let plain = begin.elapsed();
    let rows = (BATCH * BATCHES) as f64;
    println!(
        "bench hub/ingest: {:.0} rows/s, {:.2} x a file with as many syncs",
        rows / ours.as_secs_f64(),
        plain.as_secs_f64() / ours.as_secs_f64()
    );
}

fn batch(devices: &[DeviceId], number: usize) -> Vec<Arrival> {
    let arrival = |device: &DeviceId| {
        let values: Map<String, Value> = serde_json::from_str(&values(number)).expect("an object");
        Arrival {
            device: *device,
            row: Row {
                ts: UtcTime::from_millis(
                    BEGIN + i64::try_from(number).expect("few batches") * 1000,
                ),
                values,
            },
            episodes: Vec::new(),
            alarms: Vec::new(),
        }
    };
    devices.iter().map(arrival).collect()
}
