//! A station's month.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MonthQuery {
    /// The month, as `2026-11`; without it the running one.
    #[param(pattern = r"^\d{4}-(0[1-9]|1[0-2])$")]
    pub month: Option<String>,
}

/// What a slot or a vehicle had of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// The slot or the vehicle.
    pub name: String,
    /// How many sessions.
    pub sessions: u64,
    /// Of them, how many have no price: their energy is counted, their revenue is not known.
    pub unbilled: u64,
    /// Of them, how many have no energy that anybody told: it is in no sum.
    pub unmeasured: u64,
    /// How much energy; `null` when it is known of none of them.
    pub energy_wh: Option<f64>,
    /// What was charged for it, a decimal text; `null` when nothing was billed.
    pub revenue: Option<String>,
}

/// What a day had of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DayShare {
    /// The day in the station's time zone, as `2026-11-30`.
    pub day: String,
    /// How many sessions began.
    pub sessions: u64,
    /// Of them, how many have no price: their energy is counted, their revenue is not known.
    pub unbilled: u64,
    /// Of them, how many have no energy that anybody told: it is in no sum.
    pub unmeasured: u64,
    /// How much energy; `null` when it is known of none of them.
    pub energy_wh: Option<f64>,
    /// What was charged for it, a decimal text; `null` when nothing was billed.
    pub revenue: Option<String>,
}

/// A month of a station, by the day on which sessions began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MonthReport {
    /// The month, as `2026-11`.
    pub month: String,
    /// How many ended sessions.
    pub sessions: u64,
    /// Of them, how many have no price: their energy is counted, their revenue is not known.
    pub unbilled: u64,
    /// How many ended sessions of the station are in no month: nobody knows when they began.
    pub undated: u64,
    /// Of them, how many have no energy that anybody told: it is in no sum.
    pub unmeasured: u64,
    /// Whether there were more sessions than are added up: only the newest are in it.
    pub is_cut: bool,
    /// Whether more was charged than a sum can hold: `revenue` is then `null`.
    pub is_revenue_beyond: bool,
    /// How much energy was counted and is believed; `null` when it is known of no session.
    pub energy_wh: Option<f64>,
    /// What was charged for it, a decimal text; `null` when nothing was billed, in several
    /// currencies, or more than a sum can hold.
    pub revenue: Option<String>,
    /// The currency, an ISO 4217 code.
    pub currency: Option<String>,
    /// By slot.
    pub by_slot: Vec<Share>,
    /// By vehicle; those that have not said who they are together as `unknown`.
    pub by_vehicle: Vec<Share>,
    /// By day.
    pub by_day: Vec<DayShare>,
}
