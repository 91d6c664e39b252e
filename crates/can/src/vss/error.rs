//! Why a mapping file is refused: file, line and what is wrong there.

use std::fmt;

/// The units of VSS (`units.yaml` of the release) that quantities of a car's bus have.
pub(super) const UNITS: [&str; 13] = [
    "km/h", "m", "km", "percent", "V", "A", "W", "kW", "kWh", "celsius", "rpm", "Nm", "min",
];

/// A mapping file that cannot be used; prints as `file:line: what is wrong`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError {
    /// The name of the file, as it was given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: MappingFault,
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fault)
    }
}

impl std::error::Error for MappingError {}

/// What is wrong in a mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingFault {
    /// The text is not TOML, or has fields that a mapping does not have.
    #[error("not a mapping: {0}")]
    Syntax(String),
    /// A signal that the DBC does not have.
    #[error("the DBC has no signal {0}; it must be written as BMS_Power.StateOfCharge")]
    UnknownSignal(String),
    /// A path or a key that stands twice.
    #[error("{0} stands twice")]
    Duplicate(String),
    /// A path that is no VSS path.
    #[error("{0:?} is no VSS path; it must start with Vehicle. and have words joined by dots")]
    BadPath(String),
    /// A unit that VSS does not have.
    #[error("{path} has the unit {seen:?}; VSS has {}", UNITS.join(", "))]
    BadUnit {
        /// The quantity.
        path: String,
        /// The unit as it stands in the file.
        seen: String,
    },
    /// A signal in one unit, a quantity in another, and no scale between them.
    #[error("{signal} and {quantity} have different units; a scale must say how they relate")]
    ScaleMissing {
        /// The signal and its unit in the DBC.
        signal: String,
        /// The quantity and its unit.
        quantity: String,
    },
    /// A quantity or a source that says too little or too much.
    #[error("{path}: {reason}")]
    Unclear {
        /// The quantity.
        path: String,
        /// What is missing or contradicts itself.
        reason: &'static str,
    },
    /// A source whose message comes on events only, so that nothing says how long it is fresh.
    #[error("{0} has no cycle time (GenMsgCycleTime) in the DBC, so it is never known to be fresh")]
    NoCycle(String),
    /// More quantities than the ids tell apart.
    #[error("more than {most} quantities")]
    TooMany {
        /// The most that are read.
        most: usize,
    },
}
