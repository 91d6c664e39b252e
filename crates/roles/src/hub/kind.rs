//! What a device is: said by whoever adds it, or seen in what it reports.

use serde_json::{Map, Value as Json};

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DeviceKind {
    /// A vehicle computer.
    Vehicle,
    /// A charging station.
    Station,
    /// A slot of a station, which is its gateway.
    Slot,
    /// Nobody said, and it has said nothing that tells.
    #[default]
    Unknown,
}

/// Keys that only a station reports.
const OF_STATIONS: [&str; 2] = ["evcs_name", "total_slots"];
/// Keys that only a vehicle reports.
const OF_VEHICLES: [&str; 3] = ["motor_speed", "odometer", "available_energy"];
/// Keys that only a slot behind its station reports.
const OF_SLOTS: [&str; 3] = ["slot", "meter_verdict", "session_energy"];

impl DeviceKind {
    /// Its word in the interface and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vehicle => "vehicle",
            Self::Station => "station",
            Self::Slot => "slot",
            Self::Unknown => "unknown",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Vehicle, Self::Station, Self::Slot, Self::Unknown]
            .into_iter()
            .find(|kind| kind.word() == word)
    }

    /// What a device is by the keys of its row or attributes; `None` when they do not tell.
    #[must_use]
    pub fn told_by(values: &Map<String, Json>, is_behind_gateway: bool) -> Option<Self> {
        let has = |keys: &[&str]| keys.iter().any(|key| values.contains_key(*key));
        if is_behind_gateway {
            return has(&OF_SLOTS).then_some(Self::Slot);
        }
        if has(&OF_STATIONS) {
            return Some(Self::Station);
        }
        has(&OF_VEHICLES).then_some(Self::Vehicle)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(values: &Json, is_behind_gateway: bool) -> Option<DeviceKind> {
        DeviceKind::told_by(values.as_object().unwrap(), is_behind_gateway)
    }

    #[test]
    fn device_is_what_its_keys_tell() {
        let car = json!({ "soc": 64.4, "odometer": 5.0 });
        assert_eq!(told(&car, false), Some(DeviceKind::Vehicle));
        let station = json!({ "evcs_name": "Yard", "latitude": 1.0 });
        assert_eq!(told(&station, false), Some(DeviceKind::Station));
        let slot = json!({ "evcs_name": "Yard", "slot": 2 });
        assert_eq!(told(&slot, true), Some(DeviceKind::Slot));
        assert_eq!(told(&json!({ "temperature": 5 }), false), None);
        assert_eq!(told(&json!({ "temperature": 5 }), true), None);
    }

    #[test]
    fn word_of_every_kind_is_its_own() {
        for word in ["vehicle", "station", "slot", "unknown"] {
            assert_eq!(DeviceKind::of_word(word).unwrap().word(), word);
        }
        assert_eq!(DeviceKind::of_word("Vehicle"), None);
    }
}
