//! Which signal is which quantity of the COVESA Vehicle Signal Specification, and which wins.
//!
//! A quantity (speed, pack voltage) often stands in several frames of a bus. A mapping file names
//! its sources in the order of trust; [`Quantity::read`] takes the first one that is fresh and
//! valid. Which signals a bus has is the DBC's business; keeping the latest value of each is the
//! `roles` crate's.
//!
//! The file is TOML:
//!
//! ```toml
//! vss = "6.0"                 # the release whose paths and units these are
//! fresh_cycles = 3            # a value is fresh for so many cycle times of its message
//! fresh_at_least_ms = 2000    # and at least so long
//!
//! [[quantity]]
//! path = "Vehicle.TraveledDistance"
//! datatype = "uint32"         # float, uint8, uint16, uint32, int8, boolean, string
//! unit = "m"                  # the path's unit; left out where VSS has none
//! key = "odometer"            # the telemetry key, where the quantity is uploaded
//! key_unit = "km"             # the key's own unit and its factor, where they differ
//! key_scale = 0.001
//! sources = [                 # the first that is fresh and valid wins
//!   { signal = "DSP_Odometer.Odometer", scale = 1000 },
//!   { signal = "DSP_Vehicle.Odometer", scale = 1000 },
//! ]
//! ```
//!
//! A source names one `signal`, or several by `mean_of`, `sum_of`, `min_of`, `max_of`, all of
//! which must be fresh. Its value is `signal * scale + offset`; `magnitude = true` drops the sign;
//! `values = [[128, 127]]` translates codes one by one and gives nothing for any other;
//! `unless = ["CHG_Status.Transition=1"]` lets the source rest while a fresh signal has this value.
//! `words = [[0, "INACTIVE"]]` of a quantity are VSS's words for its numbers.
//!
//! `vin = { signal = "DSP_Serial.VinSerial", digits = 7 }` names where the car says the end of its
//! vehicle identification number ([`vin`]); it is no quantity.

mod error;
mod file;
mod quantity;
pub mod vin;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use error::{MappingError, MappingFault};
pub use quantity::{Combination, Datatype, Quantity, Reading, Source, Unless};
pub use vin::{VinSerial, VinSource};

use crate::decoder::Decoder;

/// The place of a quantity in [`VssMapping::quantities`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuantityId(u16);

impl QuantityId {
    /// The index into [`VssMapping::quantities`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The quantities of one kind of car and where they come from.
#[derive(Debug, Clone)]
pub struct VssMapping {
    release: String,
    quantities: Vec<Quantity>,
    by_path: HashMap<String, QuantityId>,
    by_key: HashMap<String, QuantityId>,
    vin: Option<VinSource>,
}

impl VssMapping {
    /// Reads a mapping file for the signals of a decoder; `file_name` is only named in errors.
    ///
    /// # Errors
    /// Names the file, the line and what is wrong there; nothing of a file with an error is used.
    pub fn from_toml(file_name: &str, text: &str, decoder: &Decoder) -> Result<Self, MappingError> {
        let file::Content {
            release,
            quantities,
            vin,
        } = file::read(file_name, text, decoder)?;
        let ids = || (0..=u16::MAX).map(QuantityId).zip(&quantities);
        let by_path = ids()
            .map(|(id, quantity)| (quantity.path.clone(), id))
            .collect();
        let by_key = ids()
            .filter_map(|(id, quantity)| Some((quantity.key.clone()?, id)))
            .collect();
        Ok(Self {
            release,
            quantities,
            by_path,
            by_key,
            vin,
        })
    }

    /// The release of VSS whose paths and units these are, as `6.0`.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Every quantity, in the order of the file; [`QuantityId::index`] is the place in this list.
    #[must_use]
    pub fn quantities(&self) -> &[Quantity] {
        &self.quantities
    }

    /// Where the car says the end of its vehicle identification number, if it does.
    #[must_use]
    pub const fn vin(&self) -> Option<VinSource> {
        self.vin
    }

    /// Finds a quantity by its full VSS path.
    #[must_use]
    pub fn quantity(&self, path: &str) -> Option<QuantityId> {
        self.by_path.get(path).copied()
    }

    /// Finds a quantity by its telemetry key.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<QuantityId> {
        self.by_key.get(key).copied()
    }
}
