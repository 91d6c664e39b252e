//! Which key of a row is which VSS quantity, and how its value is written there.

use std::collections::{HashMap, HashSet};

use serde_json::{Number, Value as Json};

/// What a key is in VSS.
#[derive(Debug, Clone, PartialEq)]
pub struct VssName {
    /// The path, as `Vehicle.Speed`.
    pub path: String,
    /// The unit of the path in VSS's spelling; empty where it has none.
    pub unit: String,
    /// By what a number of the key is divided to be in that unit; 1 where the units are the same.
    pub key_scale: f64,
    /// Whether the path holds whole numbers only.
    pub is_whole: bool,
    /// Values of the key that are other values in VSS. When there are any, others have no place
    /// under the path.
    pub words: Vec<(Json, Json)>,
}

impl VssName {
    /// The key's value as the path has it; `None` where the path has no such value.
    pub(super) fn in_vss(&self, value: &Json) -> Option<Json> {
        if !self.words.is_empty() {
            let found = self.words.iter().find(|(key, _)| key == value);
            return found.map(|(_, word)| word.clone());
        }
        let Json::Number(number) = value else {
            // A text under a path of numbers would be read as a fault.
            let has_numbers = self.is_whole || !self.unit.is_empty();
            return (!has_numbers).then(|| value.clone());
        };
        #[expect(clippy::float_cmp, reason = "1 is set, not computed")]
        let is_same_unit = self.key_scale == 1.0;
        if is_same_unit && !self.is_whole {
            return Some(value.clone());
        }
        let scaled = number.as_f64()? / self.key_scale;
        if self.is_whole {
            return whole(scaled);
        }
        Number::from_f64(scaled).map(Json::Number)
    }
}

/// The nearest whole number; those of up to 32 bits are exact in a double.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked before the cast"
)]
fn whole(value: f64) -> Option<Json> {
    (value.abs() <= f64::from(u32::MAX)).then(|| (value.round() as i64).into())
}

/// The table from keys to quantities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VssNames {
    names: HashMap<String, VssName>,
    paths: HashSet<String>,
    left_out: HashSet<String>,
}

impl VssNames {
    /// Names a key. A path has one key: `false`, and nothing is changed, when the path has one.
    pub fn name(&mut self, key: &str, name: VssName) -> bool {
        let is_free = self.paths.insert(name.path.clone());
        if is_free {
            self.names.insert(key.to_owned(), name);
        }
        is_free
    }

    /// Leaves a key out, because every message says it anyway.
    pub fn leave_out(&mut self, key: &str) {
        self.left_out.insert(key.to_owned());
    }

    /// What a key is in VSS; `None`: nothing there.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&VssName> {
        self.names.get(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &VssName)> {
        self.names.iter()
    }

    pub(super) fn is_left_out(&self, key: &str) -> bool {
        self.left_out.contains(key)
    }
}
