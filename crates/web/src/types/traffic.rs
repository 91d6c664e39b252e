//! Who is around, what they say, and how well it is heard.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::sentence::Said;

/// A place and a direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// Degrees north, WGS 84.
    pub latitude: f64,
    /// Degrees east, WGS 84.
    pub longitude: f64,
    /// Degrees clockwise from north.
    pub heading: Option<f64>,
}

/// What a neighbour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourKind {
    /// A vehicle.
    Car,
    /// A charging station.
    Station,
}

/// Somebody who is heard over the radio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Neighbour {
    /// Its station id, which a car changes now and then.
    pub station_id: String,
    /// What it is.
    pub kind: NeighbourKind,
    /// Degrees north, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    pub longitude: Option<f64>,
    /// Its speed.
    pub speed_kmh: Option<f64>,
    /// Degrees clockwise from north.
    pub heading: Option<f64>,
    /// The age of what is known of it, in ms.
    pub age_ms: u64,
    /// How much to believe of it, 0 to 1.
    pub confidence: Option<f64>,
    /// Whether its signature was checked and holds.
    pub verified: bool,
    /// Whether it speaks as the prototype did: open and forgeable.
    pub legacy: bool,
    /// How strongly it is heard.
    pub rssi_dbm: Option<f64>,
    /// Which part of its messages arrives, 0 to 1.
    pub delivery_ratio: Option<f64>,
    /// The mean age of the newest message, in ms.
    pub age_of_information_ms: Option<f64>,
    /// How far away it is.
    pub distance_m: Option<f64>,
}

/// A warning to the driver; nothing acts on it but the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// Its identity.
    pub id: String,
    /// When it began, in ms since 1970.
    pub ts: i64,
    /// What of: `stationary_vehicle`, `forward_collision`, `emergency_brake_light`, `breakdown`.
    pub kind: String,
    /// Why, in words.
    pub reason: Option<String>,
    /// Which sentence the reason is, where it has a code.
    pub said: Option<Said>,
    /// How sure it is, 0 to 1.
    pub confidence: Option<f64>,
    /// Of whom.
    pub station_id: Option<String>,
    /// How far away that was.
    pub distance_m: Option<f64>,
    /// When it ended; `null` while it lasts, or when nobody noted its end.
    pub ended: Option<i64>,
}

/// How well others are heard from some distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkAtDistance {
    /// From so far.
    pub from_m: f64,
    /// Up to here; `null` without an end.
    pub to_m: Option<f64>,
    /// Which part of the messages arrives, 0 to 1.
    pub delivery_ratio: Option<f64>,
    /// The mean age of the newest message, in ms.
    pub age_of_information_ms: Option<f64>,
    /// How many messages this is made of.
    pub messages: u64,
}

/// The traffic around a car.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct V2x {
    /// The car itself; `null` without a good fix.
    pub own: Option<Position>,
    /// Who is heard.
    pub neighbours: Vec<Neighbour>,
    /// How many are heard, where only their number is known here; else `null`.
    pub heard: Option<u64>,
    /// Warnings that last.
    pub warnings: Vec<Warning>,
    /// How well others are heard, by distance.
    pub link_by_distance: Vec<LinkAtDistance>,
    /// Messages since the start by what became of them: `verified`, `forged`, `replayed`,
    /// `expired`, `unknown_signer`, `legacy` and others.
    pub counters: BTreeMap<String, u64>,
}
