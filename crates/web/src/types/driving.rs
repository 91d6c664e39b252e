//! What a car did: drives, charges, its battery over time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trip {
    /// Its identity, for ever the same.
    pub id: String,
    /// When it began, in ms since 1970.
    pub start: i64,
    /// When it ended; `null` while it lasts.
    pub end: Option<i64>,
    /// The way.
    pub distance_km: Option<f64>,
    /// What left the battery.
    pub energy_out_wh: Option<f64>,
    /// What came back by braking.
    pub energy_regenerated_wh: Option<f64>,
    /// What was used on each kilometre.
    pub wh_per_km: Option<f64>,
    /// The highest speed.
    pub max_speed_kmh: Option<f64>,
    /// How full the battery was at the beginning, in percent.
    pub soc_from: Option<f64>,
    /// How full it was at the end, in percent.
    pub soc_to: Option<f64>,
    /// What the way was measured by, as `odometer`.
    pub source: Option<String>,
}

/// A charge, as the car sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Charge {
    /// Its identity, for ever the same.
    pub id: String,
    /// When it began, in ms since 1970.
    pub start: i64,
    /// When it ended; `null` while it lasts.
    pub end: Option<i64>,
    /// What entered the battery.
    pub energy_wh: Option<f64>,
    /// How full the battery was at the beginning, in percent.
    pub soc_from: Option<f64>,
    /// How full it was at the end, in percent.
    pub soc_to: Option<f64>,
    /// The highest power into the battery.
    pub max_power_w: Option<f64>,
    /// Whether it was not watched, only concluded from before and after.
    pub inferred: bool,
    /// Why it ended.
    pub cause: Option<String>,
    /// What the station's meter counted, where its receipt is known.
    pub station_energy_wh: Option<f64>,
    /// Energy into the battery by energy out of the socket, 0 to 1.
    pub efficiency: Option<f64>,
    /// What it cost, a decimal text.
    pub cost: Option<String>,
    /// The currency, an ISO 4217 code.
    pub currency: Option<String>,
}

/// The battery at one moment of its life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatteryHealth {
    /// When, in ms since 1970.
    pub ts: i64,
    /// What it holds.
    pub capacity_ah: Option<f64>,
    /// What it holds, in percent of a new one.
    pub soh_percent: Option<f64>,
    /// Between its highest and its lowest cell.
    pub cell_spread_v: Option<f64>,
}

/// Where the car was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackPoint {
    /// When, in ms since 1970.
    pub ts: i64,
    /// Degrees north, WGS 84.
    pub latitude: f64,
    /// Degrees east, WGS 84.
    pub longitude: f64,
    /// Metres above the geoid.
    pub altitude_m: Option<f64>,
    /// Speed over ground.
    pub speed_kmh: Option<f64>,
}
