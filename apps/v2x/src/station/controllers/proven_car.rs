//! Whose credential was proven last at a slot, from the store: a station that starts anew in the
//! middle of a charge goes on knowing whose battery it hears of.

use serde_json::Value;
use v2x_roles::station::SlotNumber;
use v2x_store::{Store, StoreError};

/// The event of a car whose credential was proven.
pub(super) const CAR_PROVEN: &str = "v2g_car_proven";
/// So many of these events are looked through for the newest one of a slot.
const LOOKED_AT: usize = 200;

/// The car that was proven last at a slot; empty where none was.
pub(in crate::station) fn proven_car(
    store: &Store,
    slot: SlotNumber,
) -> Result<String, StoreError> {
    let details = store.newest_details(CAR_PROVEN, LOOKED_AT)?;
    let of_slot = details.iter().find_map(|detail| {
        let detail: Value = serde_json::from_str(detail).ok()?;
        let is_here = detail["slot"].as_u64() == Some(u64::from(slot.get()));
        let name = detail["evcc"].as_str()?;
        is_here.then(|| name.to_owned())
    });
    Ok(of_slot.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use v2x_store::Event;

    use super::*;

    #[test]
    fn car_that_was_proven_last_at_a_slot_is_known_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v2x.db");
        let mut store = Store::open(&path).unwrap();
        for (slot, name) in [(1, "CAR-1"), (1, "CAR \"7\""), (2, "CAR-2")] {
            let detail = json!({ "slot": slot, "evcc": name, "entry": "x" }).to_string();
            let event = Event {
                at: None,
                kind: CAR_PROVEN.to_owned(),
                detail,
                upload: None,
            };
            store.record_event(&event).unwrap();
        }
        drop(store);
        let store = Store::open(&path).unwrap();
        let car = |slot| proven_car(&store, SlotNumber::new(slot).unwrap()).unwrap();
        assert_eq!([car(1), car(2), car(3)], ["CAR \"7\"", "CAR-2", ""]);
    }
}
