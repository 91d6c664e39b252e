//! What the keys of a slot are called in the station's rows, and back.

/// Keys of a row that are the station's, where its one slot has no number.
const OF_STATION: [&str; 7] = [
    "timestamp",
    "evcs_name",
    "latitude",
    "longitude",
    "total_slots",
    "fast_charge_support",
    "cost_per_kwh",
];

/// A slot's key in the rows of a station with so many slots.
pub(super) fn in_row(slot: u8, slots: usize, key: &str) -> String {
    match (key, slots > 1) {
        ("available", true) => format!("slot{slot}_available"),
        ("available", false) => "slots_available".to_owned(),
        (key, true) => format!("{key}_slot{slot}"),
        (key, false) => key.to_owned(),
    }
}

/// The slot's key that a row's key stands for; `None` when it is not of this slot.
pub(super) fn of_slot(slot: u8, slots: usize, in_a_row: &str) -> Option<String> {
    if in_row(slot, slots, "available") == in_a_row {
        return Some("available".to_owned());
    }
    let key = if slots > 1 {
        in_a_row.strip_suffix(&format!("_slot{slot}"))?
    } else if OF_STATION.contains(&in_a_row) {
        return None;
    } else {
        in_a_row
    };
    Some(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_its_columns_on_a_station_of_one_as_of_many() {
        let row = [
            "evcs_name",
            "voltage",
            "slots_available",
            "vehicle_connected",
        ];
        let of_one: Vec<_> = row.iter().filter_map(|key| of_slot(1, 1, key)).collect();
        assert_eq!(of_one, ["voltage", "available", "vehicle_connected"]);
        let row = [
            "total_power",
            "voltage_slot1",
            "voltage_slot11",
            "slot1_available",
            "slot11_available",
        ];
        let of = |slot| {
            row.iter()
                .filter_map(|key| of_slot(slot, 12, key))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(1), ["voltage", "available"]);
        assert_eq!(of(11), ["voltage", "available"]);
        for slots in [1, 2] {
            for key in ["voltage", "available"] {
                let there = in_row(1, slots, key);
                assert_eq!(of_slot(1, slots, &there).as_deref(), Some(key));
            }
        }
    }
}
