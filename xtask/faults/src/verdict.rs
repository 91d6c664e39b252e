//! What must be where at the end of a run.
//!
//! Every frame sent is in a raw log, or was sent in the last moments before a kill, or was damaged
//! on the line and is counted as lost. Every row is in the store, and on the broker exactly as it
//! stands there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};
use v2x_recording::Recording;
use v2x_store::Store;
use v2x_testbench::Received;
use v2x_units::UtcTime;

use crate::board;
use crate::ledger::{Fate, Ledger};
use crate::totals::CameTo;
use crate::{Outcome, Why as _};

/// What a kill may take of the raw log (docs/guide/data-on-disk.md).
const LOSS_WINDOW: Duration = Duration::from_millis(1_100);
/// By how much a busy computer may be late.
const LATE: Duration = Duration::from_millis(900);
/// The error of a synchronised clock, in milliseconds.
const CLOCK_ERROR_MS: i64 = 1_500;

/// One life of the daemon.
#[derive(Debug, Clone, Default)]
pub(crate) struct Life {
    pub(crate) begun: Duration,
    /// How many raw logs there were before it.
    pub(crate) logs_before: usize,
    /// When it was seen to record.
    pub(crate) recording: Option<Duration>,
    pub(crate) killed: Option<Duration>,
    /// When its disk was full.
    pub(crate) full: Vec<(Duration, Duration)>,
    pub(crate) last_words: Option<LastWords>,
}

impl Life {
    pub(crate) fn begin(at: Duration, out: &Path) -> Self {
        Self {
            begun: at,
            // There is no folder before the first life.
            logs_before: raw_logs(out).map_or(0, |logs| logs.len()),
            ..Self::default()
        }
    }

    /// From when on its kill may have taken what was sent.
    fn loses_from(&self, killed: Duration) -> Duration {
        if self.recording.is_none() {
            return Duration::ZERO;
        }
        let window = killed.saturating_sub(LOSS_WINDOW + LATE);
        let full = self.full.iter();
        // What waits for a full disk waits in memory, until it was tried again.
        let waiting = full.filter(|(_, until)| *until + LOSS_WINDOW + LATE >= killed);
        let since = waiting.map(|(since, _)| since.saturating_sub(LOSS_WINDOW));
        since.fold(window, Duration::min)
    }
}

/// The counters that a daemon leaves when it ends as it is asked to.
#[derive(Debug, Clone)]
pub(crate) struct LastWords {
    pub(crate) waiting: u64,
    pub(crate) can_lost: u64,
    pub(crate) unrecorded: u64,
    pub(crate) lost_rows: u64,
    pub(crate) lost_bytes: u64,
}

/// What a run left behind.
pub(crate) struct Made {
    pub(crate) begin_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) out: PathBuf,
    pub(crate) wrong_clock: bool,
    pub(crate) is_text: bool,
    pub(crate) received: Vec<Received>,
}

/// Holds what a run left against what was sent.
pub(crate) fn judge(
    ledger: &Ledger,
    lives: &[Life],
    made: &Made,
    mut came_to: CameTo,
) -> Outcome<CameTo> {
    came_to.kills = lives.iter().filter(|life| life.killed.is_some()).count() as u64;
    let logs = recorded_frames(&made.out, lives)?;
    judge_frames(ledger, lives, &logs.concat(), &mut came_to)?;
    if !made.is_text {
        judge_counts(ledger, lives, &logs)?;
    }
    let store = Store::open(&made.out.join("v2x.db")).why("the store")?;
    let rows = stored_rows(&store)?;
    judge_rows(&rows, &store, made, &mut came_to)?;
    judge_tables(&rows, made)?;
    judge_broker(&rows, &store, made, &mut came_to)?;
    for life in lives {
        let words = life.last_words.as_ref();
        if let Some(words) = words.filter(|words| words.lost_rows + words.lost_bytes > 0) {
            return Err(format!(
                "a life that was not killed lost something: {words:?}"
            ));
        }
    }
    Ok(came_to)
}

fn raw_logs(out: &Path) -> Outcome<Vec<PathBuf>> {
    files(out, "candump_", ".log")
}

/// The numbers of the frames in each raw log, in the order of writing.
fn recorded_frames(out: &Path, lives: &[Life]) -> Outcome<Vec<Vec<usize>>> {
    let mut logs = Vec::new();
    let mut damaged = 0;
    for path in raw_logs(out)? {
        logs.push(Vec::new());
        let numbers = logs.last_mut().expect("one was added");
        if fs::metadata(&path).why(path.display())?.len() == 0 {
            continue;
        }
        for row in open(&path)?.into_frames().why(path.display())? {
            match row.why(path.display())? {
                Ok(row) => {
                    let number = board::number(&row.frame);
                    numbers.push(number.ok_or("a frame in the log that nobody sent")?);
                }
                Err(_) => damaged += 1,
            }
        }
    }
    // A kill or a full disk may cut the last line of a file.
    if damaged > 2 * lives.len() {
        return Err(format!("{damaged} damaged lines in the raw logs"));
    }
    let numbers = logs.concat();
    if let Some(pair) = numbers.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(format!("frame {} stands behind {}", pair[1], pair[0]));
    }
    Ok(logs)
}

fn judge_frames(
    ledger: &Ledger,
    lives: &[Life],
    recorded: &[usize],
    came_to: &mut CameTo,
) -> Outcome<()> {
    let on_disk: BTreeSet<usize> = recorded.iter().copied().collect();
    for (number, fate) in ledger.fates().iter().enumerate() {
        let is_on_disk = on_disk.contains(&number);
        came_to.recorded += u64::from(is_on_disk);
        match fate {
            Fate::Sent(at) => {
                came_to.sent += 1;
                if !is_on_disk {
                    excuse(number, *at, lives, came_to)?;
                }
            }
            Fate::Spoilt if is_on_disk => {
                return Err(format!("frame {number} was damaged and is in the log"));
            }
            Fate::Spoilt => {
                came_to.sent += 1;
                came_to.link_lost += 1;
            }
            // The terminal had them already when its reader went.
            Fate::Unheard | Fate::Made if is_on_disk => came_to.sent += 1,
            Fate::Unheard | Fate::Made => came_to.unheard += 1,
        }
    }
    Ok(())
}

/// A frame that was sent and is on no disk must have been taken by a kill.
fn excuse(number: usize, at: Duration, lives: &[Life], came_to: &mut CameTo) -> Outcome<()> {
    let life = lives.iter().rev().find(|life| life.begun <= at);
    let life = life.ok_or(format!("frame {number} was sent to nobody"))?;
    let Some(killed) = life.killed else {
        return Err(format!(
            "frame {number}, sent at {at:?}, is on no disk, and nobody was killed: {life:?}"
        ));
    };
    let read = life.recording.map_or(at, |recording| at.max(recording));
    if read < life.loses_from(killed) {
        return Err(format!(
            "frame {number}, sent at {at:?}, is on no disk; the kill at {killed:?} may take \
             {LOSS_WINDOW:?}: {life:?}"
        ));
    }
    came_to.killed += 1;
    if life.full.is_empty() && life.recording.is_some() {
        came_to.oldest_lost = came_to.oldest_lost.max(killed.saturating_sub(read));
    }
    Ok(())
}

/// What is missing between the frames of a life is what it counted as lost.
fn judge_counts(ledger: &Ledger, lives: &[Life], logs: &[Vec<usize>]) -> Outcome<()> {
    for (place, life) in lives.iter().enumerate() {
        let Some(words) = &life.last_words else {
            continue;
        };
        let end = lives
            .get(place + 1)
            .map_or(logs.len(), |next| next.logs_before);
        let numbers = logs.get(life.logs_before..end).unwrap_or_default().concat();
        // What a board makes between its start and its first frame that is heard is lost as well.
        let gap = |pair: &[usize]| {
            let first = ledger.first_of_boot(pair[1]).max(pair[0] + 1);
            pair[1] - first
        };
        let missing: usize = numbers.windows(2).map(gap).sum();
        // As is what precedes the first one, of a board that was heard before it started anew.
        let before = numbers
            .first()
            .map_or(0, |it| it - ledger.first_of_boot(*it));
        let counted = words.can_lost + words.unrecorded;
        if counted != missing as u64 && counted != (missing + before) as u64 {
            return Err(format!(
                "{missing} frames are missing between those of life {place}, which counted \
                 {counted}: {words:?}"
            ));
        }
    }
    Ok(())
}

/// A row's values under its `ts`, in milliseconds since 1970.
type Rows = BTreeMap<i64, Map<String, Value>>;

fn stored_rows(store: &Store) -> Outcome<Rows> {
    let rows = store.telemetry("vehicle", UtcTime::from_millis(0), usize::MAX);
    let mut found = Rows::new();
    for row in rows.why("rows")? {
        let values = serde_json::from_str(&row.values).why("values")?;
        found.insert(row.at.as_millis(), values);
    }
    Ok(found)
}

fn judge_rows(rows: &Rows, store: &Store, made: &Made, came_to: &mut CameTo) -> Outcome<()> {
    came_to.rows = rows.len() as u64;
    let undated = store.undated_count().why("undated rows")?;
    if undated > 0 {
        return Err(format!("{undated} rows have no date at the end"));
    }
    let mut before = None;
    for (ts, values) in rows {
        let range = made.begin_ms - CLOCK_ERROR_MS..=made.end_ms + CLOCK_ERROR_MS;
        if !range.contains(ts) {
            return Err(format!("a row of {ts} is outside {range:?}"));
        }
        let odometer = odometer(values);
        if odometer.is_some() && odometer < before {
            return Err(format!(
                "the row of {ts} was measured before the one before it"
            ));
        }
        before = odometer.or(before);
    }
    if !made.wrong_clock && rows.is_empty() {
        return Err("no row is in the store".to_owned());
    }
    Ok(())
}

fn odometer(values: &Map<String, Value>) -> Option<i64> {
    let kilometers = values.get("odometer")?.as_f64()?;
    Some(hundredths(kilometers))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a number of frames, far below what a double holds"
)]
fn hundredths(kilometers: f64) -> i64 {
    (kilometers * 100.0).round() as i64
}

/// Every whole row of the CSV tables is a row of the store: no kill takes any.
fn judge_tables(rows: &Rows, made: &Made) -> Outcome<()> {
    let stored: BTreeSet<i64> = rows.values().filter_map(odometer).collect();
    for path in files(&made.out, "merged_can_data_", ".csv")? {
        if fs::metadata(&path).why(path.display())?.len() == 0 {
            continue;
        }
        let Recording::Merged(table) = open(&path)? else {
            return Err(format!("{} is no merged table", path.display()));
        };
        for row in table {
            let Ok(row) = row.why(path.display())? else {
                continue;
            };
            let odometer = row.row.odometer.map(|way| hundredths(way.get()));
            if let Some(odometer) = odometer.filter(|odometer| !stored.contains(odometer)) {
                return Err(format!(
                    "the row of odometer {odometer} is in the table and not in the store"
                ));
            }
        }
    }
    Ok(())
}

/// What the broker has is what the store has.
fn judge_broker(rows: &Rows, store: &Store, made: &Made, came_to: &mut CameTo) -> Outcome<()> {
    let mut heard = Rows::new();
    let mut others: BTreeMap<String, Value> = BTreeMap::new();
    for message in &made.received {
        if !message.topic.ends_with("/telemetry") {
            continue;
        }
        let parsed = serde_json::from_slice(&message.payload).why("a message")?;
        let objects = match parsed {
            Value::Array(objects) => objects,
            object => vec![object],
        };
        for object in objects {
            let ts = object["ts"].as_i64().ok_or("a row without ts")?;
            let values = object["values"].as_object().ok_or("a row without values")?;
            let name = values.get("trip_id").or_else(|| values.get("charge_id"));
            let name = name
                .or_else(|| values.get("alarm"))
                .or_else(|| values.get("event"));
            if let Some(name) = name {
                let known = others.insert(format!("{ts} {name}"), object.clone());
                if known.is_some_and(|known| known != object) {
                    return Err(format!("{name} came twice and differs"));
                }
                continue;
            }
            came_to.heard += 1;
            if let Some(before) = heard.insert(ts, values.clone()) {
                came_to.repeated += 1;
                if before != *values {
                    return Err(format!("the row of {ts} came twice and differs"));
                }
            }
        }
    }
    for (ts, values) in &heard {
        if rows.get(ts) != Some(values) {
            return Err(format!(
                "the row of {ts} is on the broker and not so in the store"
            ));
        }
    }
    let aside = store.set_aside_entries(usize::MAX).why("set aside")?;
    came_to.set_aside = aside.len() as u64;
    let aside: BTreeSet<i64> = aside.iter().map(|it| it.entry.ts.as_millis()).collect();
    let missing = rows
        .keys()
        .find(|ts| !heard.contains_key(ts) && !aside.contains(ts));
    missing.map_or(Ok(()), |ts| {
        Err(format!(
            "the row of {ts} is in the store, waits nowhere and is not on the broker"
        ))
    })
}

fn files(out: &Path, begin: &str, end: &str) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(out).why(out.display())? {
        let name = entry.why(out.display())?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(begin) && name.ends_with(end) {
            found.push(out.join(name.as_ref()));
        }
    }
    found.sort();
    Ok(found)
}

fn open(path: &Path) -> Outcome<Recording<BufReader<File>>> {
    let file = File::open(path).why(path.display())?;
    Recording::open(BufReader::new(file)).why(path.display())
}
