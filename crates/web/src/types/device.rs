//! Devices, their values now and in the past.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Alarm;

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A vehicle.
    Vehicle,
    /// A charging station.
    Station,
    /// A slot of a station, which is a device of its own to ThingsBoard's gateway form.
    Slot,
    /// It has not said.
    Unknown,
}

/// A value with the time at which it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    /// When it was measured, in ms since 1970.
    pub ts: i64,
    /// A number, a text or a truth value.
    pub value: Value,
}

/// A vehicle, a station or a slot, as it was last heard of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// Its name in paths.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// The station of a slot.
    pub parent: Option<String>,
    /// Whether it is connected; `null` when nobody can say.
    pub online: Option<bool>,
    /// When it last said anything, in ms since 1970.
    pub last_seen: Option<i64>,
    /// After so many seconds of silence its values are stale.
    pub stale_after_s: u32,
    /// The newest value of each key, with its own age.
    pub values: BTreeMap<String, Reading>,
    /// What it says of itself: versions, names, settings.
    #[schema(value_type = BTreeMap<String, Object>)]
    pub attributes: BTreeMap<String, Value>,
    /// Its open alarms.
    pub alarms: Vec<Alarm>,
}

/// A stretch of time, from inclusive, to exclusive; without an end up to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Span {
    /// The beginning, in ms since 1970; without it the first record.
    pub from: Option<i64>,
    /// The end, in ms since 1970; without it now.
    pub to: Option<i64>,
}

/// Which values of the past.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// The keys, with commas between them; at most 32.
    #[param(max_length = 2000)]
    pub keys: String,
    /// The beginning, in ms since 1970; without it a day before the end.
    pub from: Option<i64>,
    /// The end, in ms since 1970; without it now.
    pub to: Option<i64>,
    /// The most points of each key, 2 to 10000.
    #[param(minimum = 2, maximum = 10000, default = 2000)]
    pub points: Option<u32>,
}

/// Which values go into a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CsvQuery {
    /// The keys, with commas between them; without them all that the device has.
    #[param(max_length = 2000)]
    pub keys: Option<String>,
    /// The beginning, in ms since 1970; without it a day before the end.
    pub from: Option<i64>,
    /// The end, in ms since 1970; without it now.
    pub to: Option<i64>,
}

/// How fine the points of a history are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// As measured: `[ts, value]`.
    Raw,
    /// Several measurements of seconds or minutes: `[ts, mean, min, max]`.
    Minute,
    /// Those of hours: `[ts, mean, min, max]`.
    Hour,
}

/// A point of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Point {
    /// The beginning of a step in ms since 1970, with mean, least and greatest value.
    Mean(i64, f64, f64, f64),
    /// A measurement: its time in ms since 1970, and its value.
    Raw(i64, Value),
}

/// Values of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct History {
    /// The beginning, in ms since 1970.
    pub from: i64,
    /// The end, in ms since 1970.
    pub to: i64,
    /// How fine the points are.
    pub resolution: Resolution,
    /// The length of a step in ms; 0 for measurements as they came.
    pub step_ms: i64,
    /// The points of each key: `[ts, value]` as measured, else `[ts, mean, min, max]`. A key
    /// without a point has an empty list.
    #[schema(value_type = BTreeMap<String, Vec<Vec<Value>>>)]
    pub series: BTreeMap<String, Vec<Point>>,
}
