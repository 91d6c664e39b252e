//! The description of a car's bus as TOML: its bytes, its signals, its sequences.

use std::collections::BTreeMap;

use core::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use v2x_can::Decoder;

use super::live::Live;
use super::{BusLayout, Message, Pattern, Step};

/// A description that cannot be played.
#[derive(Debug, Error)]
#[error("{file}: {fault}")]
pub struct BusError {
    /// The description's name.
    pub file: String,
    /// What is wrong, and what would be right.
    pub fault: String,
}

/// What a car goes through on its bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sequence {
    /// The key is turned on.
    DriveStart,
    /// The key is turned off.
    DriveEnd,
    /// The mains come.
    ChargeStart,
    /// The battery is full.
    ChargeEnd,
    /// The mains go while it charges.
    ChargeBroken,
    /// The mains go after the battery was full.
    ChargeOver,
    /// The 12 V battery wants charge.
    TrickleStart,
    /// The 12 V battery has enough.
    TrickleEnd,
}

/// What may flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Nothing: the contactor is open.
    Off,
    /// What keeps the car awake.
    Awake,
    /// To the motor and back.
    Drive,
    /// From the mains.
    Charge,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BusFile {
    messages: BTreeMap<String, MessageRow>,
    sequences: BTreeMap<Sequence, Vec<StepRow>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageRow {
    fill: String,
    live: BTreeMap<String, Live>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepRow {
    at_ms: u32,
    power: Option<Power>,
    #[serde(default)]
    say: Vec<String>,
    #[serde(default)]
    hush: Vec<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
}

pub(super) fn read(file: &str, text: &str, decoder: Decoder) -> Result<BusLayout, BusError> {
    build(text, decoder).map_err(|fault| BusError {
        file: file.to_owned(),
        fault,
    })
}

fn build(text: &str, decoder: Decoder) -> Result<BusLayout, String> {
    let file: BusFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut messages = Vec::new();
    let mut places = BTreeMap::new();
    for (name, row) in &file.messages {
        let info = decoder.messages().find(|info| info.name == name);
        let info = info.ok_or_else(|| format!("the DBC has no message {name}"))?;
        let cycle = info.cycle;
        let cycle = cycle.ok_or_else(|| format!("{name}: the DBC gives it no cycle time"))?;
        let (fill, count) = pattern(&row.fill).ok_or_else(|| bytes_wanted(name, &row.fill))?;
        if count != usize::from(info.dlc) || fill.iter().take(count).any(Option::is_none) {
            return Err(format!("{name}: fill must be {} bytes", info.dlc));
        }
        let mut live = Vec::new();
        for (signal, source) in &row.live {
            let qualified = format!("{name}.{signal}");
            let id = decoder.signal(&qualified);
            live.push((id.ok_or_else(|| format!("no signal {qualified}"))?, *source));
        }
        places.insert(name.clone(), messages.len());
        messages.push(Message {
            id: info.id,
            dlc: usize::from(info.dlc),
            cycle,
            fill: fill.map(Option::unwrap_or_default),
            live,
        });
    }
    let mut sequences = Vec::new();
    for (name, rows) in &file.sequences {
        let steps: Result<Vec<_>, _> = rows.iter().map(|row| step(row, &places)).collect();
        let steps = steps.map_err(|fault| format!("sequence {name:?}: {fault}"))?;
        if !steps.is_sorted_by_key(|step| step.at) {
            return Err(format!("sequence {name:?}: its steps are not in order"));
        }
        sequences.push((*name, steps));
    }
    Ok(BusLayout {
        decoder,
        messages,
        sequences,
    })
}

fn step(row: &StepRow, places: &BTreeMap<String, usize>) -> Result<Step, String> {
    let find = |name: &String| {
        let place = places.get(name).copied();
        place.ok_or_else(|| format!("at {} ms: no message {name}", row.at_ms))
    };
    let all = |names: &[String]| names.iter().map(find).collect::<Result<Vec<_>, _>>();
    let mut set = Vec::new();
    for (name, text) in &row.set {
        let (bytes, _) = pattern(text).ok_or_else(|| bytes_wanted(name, text))?;
        set.push((find(name)?, bytes));
    }
    Ok(Step {
        at: Duration::from_millis(row.at_ms.into()),
        power: row.power,
        say: all(&row.say)?,
        hush: all(&row.hush)?,
        set,
    })
}

/// Bytes in hexadecimal, `..` for those left open, and how many there are.
fn pattern(text: &str) -> Option<(Pattern, usize)> {
    let mut pattern = Pattern::default();
    let mut count = 0;
    for word in text.split_whitespace() {
        let place = pattern.get_mut(count)?;
        if word != ".." {
            *place = Some(u8::from_str_radix(word, 16).ok()?);
        }
        count += 1;
    }
    Some((pattern, count))
}

fn bytes_wanted(name: &str, seen: &str) -> String {
    format!("{name}: {seen:?} is no row of up to eight bytes such as \"07 .. 54\"")
}
