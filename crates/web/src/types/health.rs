//! How the parts of a daemon do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::sentence::Said;

/// How a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartStatus {
    /// It does its work.
    Ok,
    /// Nobody can say.
    Unknown,
    /// It gets over it by itself or works around it.
    Degraded,
    /// It does not do its work.
    Failed,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartShown {
    /// Its name: `collector`, `clock`, `disk`, `broker`.
    pub name: String,
    /// How it does.
    pub status: PartStatus,
    /// Why, and what to do where something is to be done.
    pub says: String,
    /// Which sentence that is, where it has a code.
    pub said: Option<Said>,
}

/// All parts; the whole is as well as its worst one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthShown {
    /// That of the worst part.
    pub status: PartStatus,
    /// The parts.
    pub parts: Vec<PartShown>,
}

impl PartShown {
    /// A part with the reason for its state.
    #[must_use]
    pub fn new(name: String, status: PartStatus, says: String) -> Self {
        let said = Said::of(&says);
        Self {
            name,
            status,
            says,
            said,
        }
    }
}

impl HealthShown {
    /// Of these parts; of none nothing is known.
    #[must_use]
    pub fn of(parts: Vec<PartShown>) -> Self {
        let worst = parts.iter().map(|part| part.status).max();
        Self {
            status: worst.unwrap_or(PartStatus::Unknown),
            parts,
        }
    }
}
