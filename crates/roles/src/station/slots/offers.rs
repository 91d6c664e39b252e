//! Other tariffs while the station runs.

use super::{SlotNumber, Station, Tariffs};

impl Station {
    /// The first slot whose tariff is not among some, with the id of that tariff.
    #[must_use]
    pub fn without_tariff(&self, tariffs: &Tariffs) -> Option<(SlotNumber, &str)> {
        let mut places = self.places.iter();
        let found = places.find(|place| tariffs.get(&place.tariff.id).is_none())?;
        Some((found.setup.number, &found.tariff.id))
    }

    /// Offers other tariffs from the next sessions on; an open session keeps its own. `false`, and
    /// nothing is changed, when the tariff of a slot is not among them.
    pub fn offer_tariffs(&mut self, tariffs: Tariffs) -> bool {
        let next = self
            .places
            .iter()
            .map(|place| tariffs.get(&place.tariff.id).cloned());
        let Some(next) = next.collect::<Option<Vec<_>>>() else {
            return false;
        };
        for (place, tariff) in self.places.iter_mut().zip(next) {
            place.tariff = tariff;
        }
        self.tariffs = tariffs;
        true
    }
}
