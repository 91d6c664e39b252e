//! What somebody should look at.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::sentence::Said;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it when there is time.
    Warning,
    /// Look at it now.
    Critical,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alarm {
    /// Its identity.
    pub id: String,
    /// Of which device.
    pub device: String,
    /// What of, as `cell_spread`.
    pub kind: String,
    /// In words.
    pub text: String,
    /// Which sentence the text is, where it has a code.
    pub said: Option<Said>,
    /// How much it matters.
    pub severity: Severity,
    /// When it began, in ms since 1970.
    pub began: i64,
    /// When it ended; `null` while it lasts.
    pub ended: Option<i64>,
    /// Who has seen it.
    pub acknowledged_by: Option<String>,
    /// When, in ms since 1970.
    pub acknowledged_at: Option<i64>,
}

/// Which alarms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// Those that last, or that nobody has seen.
    #[default]
    Open,
    /// The newest thousand.
    All,
}

/// Which alarms are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AlarmsQuery {
    /// `open` (usual) or `all`.
    #[param(inline)]
    pub state: Option<AlarmState>,
}
