//! Slots, sessions, bills and prices of a charging station.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Reading;
use crate::sentence::{Said, Sentence};

/// A slot of a station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Slot {
    /// Its number, from 1.
    pub number: u32,
    /// Its name for people.
    pub name: String,
    /// The state in the words of OCPP 1.6: `Available`, `Charging`; `starting` until it is known.
    pub state: String,
    /// Why it cannot be used, or why it is in this state.
    pub reason: Option<String>,
    /// Which sentence the reason is, where it has a code.
    pub said: Option<Said>,
    /// Whether a vehicle is connected; `null` when nothing says it.
    pub vehicle_connected: Option<bool>,
    /// Whether a driver can begin to charge here now; `null` when nobody can say.
    pub available: Option<bool>,
    /// What its meter shows: `voltage`, `current`, `power`, `energy`, `frequency`, `power_factor`.
    pub values: BTreeMap<String, Reading>,
    /// The session that is open.
    pub session: Option<Session>,
    /// Whether the last reading is believed: `good`, `stale`, `reset`, `jump`, `impossible`.
    pub verdict: Option<String>,
}

/// A charging session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its identity at its station.
    pub id: String,
    /// The station's id.
    pub station: String,
    /// The slot's number, from 1.
    pub slot: u32,
    /// The vehicle, where it has said who it is.
    pub vehicle: Option<String>,
    /// When it began, in ms since 1970; `null` when the time was not known.
    pub start: Option<i64>,
    /// When it ended; `null` while it lasts, or when the time was not known.
    pub end: Option<i64>,
    /// Energy that the meter counted and that is believed; `null` where it was not told.
    pub energy_wh: Option<f64>,
    /// Energy that the meter claims and that is not charged for; `null` where it was not told.
    pub doubtful_energy_wh: Option<f64>,
    /// What it costs, a decimal text; `null` without a price.
    pub cost: Option<String>,
    /// The currency, an ISO 4217 code.
    pub currency: Option<String>,
    /// `charging`, `suspended`, `ended` and others.
    pub state: String,
    /// Why it ended, as `EVDisconnected`.
    pub end_reason: Option<String>,
    /// Whether there is a receipt to read; whether somebody signed it stands in it.
    pub receipt: bool,
}

/// Which sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// Of this station.
    pub station: Option<String>,
    /// Of this slot.
    #[param(minimum = 1, maximum = 255)]
    pub slot: Option<u32>,
    /// Begun not before, in ms since 1970.
    pub from: Option<i64>,
    /// Begun before, in ms since 1970.
    pub to: Option<i64>,
    /// The most answers, 1 to 1000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// Those older than this session, for the next page.
    pub before: Option<String>,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BillLine {
    /// What for, in words.
    pub text: String,
    /// Which sentence the text is, where it has a code.
    pub said: Option<Said>,
    /// From when, in ms since 1970, where the line has a beginning.
    pub from: Option<i64>,
    /// Up to when.
    pub to: Option<i64>,
    /// The energy of it, where it is one of energy.
    pub energy_wh: Option<f64>,
    /// How much, with its unit.
    pub quantity: Option<String>,
    /// The price of one, a decimal text.
    pub price: Option<String>,
    /// What is paid, a decimal text.
    pub amount: String,
}

/// A session with everything that explains its bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionDetail {
    /// The session.
    #[serde(flatten)]
    pub session: Session,
    /// The lines of its bill, which add up to its cost.
    pub lines: Vec<BillLine>,
    /// The first sample of the meter that is kept, in ms since 1970.
    pub samples_from: Option<i64>,
    /// The last one.
    pub samples_to: Option<i64>,
    /// The tariff that held, with its version.
    pub tariff: Option<String>,
    /// How it went, in sentences.
    pub explanation: Vec<Sentence>,
}

/// A receipt as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The text, to be printed in a font of fixed width.
    pub text: String,
    /// Who has signed it; `null` for one that nobody has.
    pub signed_by: Option<String>,
    /// Whether the vehicle has signed it too.
    pub countersigned: bool,
    /// That the meter is none that the law knows: always true.
    pub not_certified_meter: bool,
    /// What was signed, for those who verify it; `null` where nobody signed or it was not told.
    pub signed: Option<SignedBytes>,
}

/// A receipt's signed bytes in hexadecimal; `docs/protocol/v2g.md` says what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedBytes {
    /// The receipt.
    pub receipt: String,
    /// The station's signature.
    pub signature: String,
    /// The vehicle's; `null` for one that it has not signed.
    pub countersignature: Option<String>,
}

/// A station's prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TariffShown {
    /// The file, in TOML.
    pub toml: String,
    /// The currency, an ISO 4217 code; `null` when several hold.
    pub currency: Option<String>,
    /// In words.
    pub description: String,
}

/// Prices to be set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct TariffText {
    /// The file, in TOML.
    #[schema(max_length = 60000)]
    pub toml: String,
}

/// A charge that is asked the price of.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct TariffPreview {
    /// The prices, in TOML.
    #[schema(max_length = 60000)]
    pub toml: String,
    /// When it begins, in ms since 1970.
    pub start: i64,
    /// When it ends, in ms since 1970; at most a week later.
    pub end: i64,
    /// The energy, spread evenly, 0 to 1000000 Wh.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub energy_wh: f64,
}

/// What a charge would cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TariffPrice {
    /// The lines of the bill.
    pub lines: Vec<BillLine>,
    /// What they add up to, a decimal text; `null` when the prices cannot be used.
    pub total: Option<String>,
    /// The currency, an ISO 4217 code.
    pub currency: Option<String>,
    /// What is wrong with the prices; empty when nothing is.
    pub errors: Vec<Sentence>,
}
