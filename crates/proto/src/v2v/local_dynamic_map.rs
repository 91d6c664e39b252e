//! The stations in sight and the events that are known: what the car believes of the world.
//!
//! Nothing gets in that was not verified and is not plausible. All tables have bounds.

use alloc::vec::Vec;

use v2x_units::{Instant, Meters, Position};

use super::charging_stations::{ChargingStationInSight, ChargingStations};
use super::confidence::Confidence;
use super::event_table::EventTable;
use super::link_quality::RssiByDistance;
use super::neighbour::{Heard, Neighbour};
use super::plausibility::{self, Implausible};
use crate::deadlines::NEIGHBOUR_AGE_MAX;
use crate::limits::NEIGHBOURS_MAX;
use crate::wire::certificate::HashedId8;
use crate::wire::station::StationId;

/// What the car believes of the world around it.
#[derive(Debug, Default)]
pub struct LocalDynamicMap {
    neighbours: Vec<Neighbour>,
    /// The events of others.
    pub(super) events: EventTable,
    /// The charging stations that announce themselves.
    pub(super) charging: ChargingStations,
    rssi: RssiByDistance,
    displaced: u64,
}

/// What became of a CAM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Taken {
    pub(super) is_new: bool,
    pub(super) doubt: Option<Implausible>,
    /// Who had to make room.
    pub(super) displaced: Option<StationId>,
}

impl LocalDynamicMap {
    /// The stations in sight, in no order.
    #[must_use]
    pub fn neighbours(&self) -> &[Neighbour] {
        &self.neighbours
    }

    /// The station with a pseudonym.
    #[must_use]
    pub fn neighbour(&self, station: StationId) -> Option<&Neighbour> {
        self.neighbours.iter().find(|it| it.station == station)
    }

    /// The events of others.
    #[must_use]
    pub const fn events(&self) -> &EventTable {
        &self.events
    }

    /// The charging stations in sight, in no order.
    #[must_use]
    pub fn charging_stations(&self) -> &[ChargingStationInSight] {
        self.charging.in_sight()
    }

    /// How many charging stations had to make room for others.
    #[must_use]
    pub const fn charging_stations_displaced(&self) -> u64 {
        self.charging.displaced()
    }

    /// How often a slot of a charging station found no room beside its others.
    #[must_use]
    pub const fn charging_spots_left_out(&self) -> u64 {
        self.charging.spots_left_out()
    }

    /// Received signal strength by distance, over all neighbours there ever were.
    #[must_use]
    pub const fn rssi_by_distance(&self) -> &RssiByDistance {
        &self.rssi
    }

    /// How many stations had to make room for others.
    #[must_use]
    pub const fn displaced(&self) -> u64 {
        self.displaced
    }

    pub(super) fn by_signer(&mut self, signer: HashedId8) -> Option<&mut Neighbour> {
        self.neighbours.iter_mut().find(|it| it.signer == signer)
    }

    /// How far a signer is believed.
    pub(super) fn confidence_in(&self, now: Instant, signer: HashedId8) -> Option<Confidence> {
        let it = self.neighbours.iter().find(|it| it.signer == signer)?;
        Some(it.confidence(now))
    }

    /// Takes a CAM that was verified.
    ///
    /// # Errors
    /// It cannot be so.
    pub(super) fn take(
        &mut self,
        heard: &Heard,
        own: Option<Position>,
    ) -> Result<Taken, Implausible> {
        let place = self
            .neighbours
            .iter()
            .position(|it| it.signer == heard.signer);
        let verdict = plausibility::alone(&heard.claim, heard.signed, own).and_then(|()| {
            let taken = |it: &Neighbour| it.station == heard.station && it.signer != heard.signer;
            if self.neighbours.iter().any(taken) {
                Err(Implausible::StationIdTaken)
            } else {
                Ok(())
            }
        });
        match (place, verdict) {
            (None, Err(kind)) => Err(kind),
            (Some(place), Err(kind)) => {
                let known = &mut self.neighbours[place];
                known.confidence = known.confidence.refuted();
                Err(kind)
            }
            (Some(place), Ok(())) => {
                let doubt = self.neighbours[place].take(heard)?;
                Ok(Taken {
                    is_new: false,
                    doubt,
                    displaced: None,
                })
            }
            (None, Ok(())) => Ok(self.begin(heard)),
        }
    }

    fn begin(&mut self, heard: &Heard) -> Taken {
        let mut displaced = None;
        if self.neighbours.len() >= NEIGHBOURS_MAX {
            let least = |it: &(usize, &Neighbour)| (it.1.confidence(heard.at), it.1.last_heard);
            if let Some((place, _)) = self.neighbours.iter().enumerate().min_by_key(least) {
                displaced = Some(self.neighbours.swap_remove(place).station);
                self.displaced += 1;
            }
        }
        let mut new = Neighbour::new(heard);
        if heard.doubt.is_some() {
            new.confidence = new.confidence.doubted();
        }
        new.quality.take(None, core::time::Duration::ZERO);
        self.neighbours.push(new);
        Taken {
            is_new: true,
            doubt: heard.doubt,
            displaced,
        }
    }

    /// Takes the signal strength of a neighbour's message.
    pub(super) fn signal(
        &mut self,
        signer: HashedId8,
        distance: Option<Meters>,
        rssi_dbm: Option<i8>,
    ) {
        if let (Some(distance), Some(rssi)) = (distance, rssi_dbm) {
            self.rssi.take(distance, rssi);
        }
        if let Some(neighbour) = self.by_signer(signer) {
            neighbour.quality.signal(distance, rssi_dbm);
        }
    }

    /// Forgets whoever has been silent for too long, and says who.
    pub(super) fn age(&mut self, now: Instant) -> Vec<StationId> {
        self.forget(|it| it.age(now) > NEIGHBOUR_AGE_MAX)
    }

    /// Forgets whoever is believed no more, and says who.
    pub(super) fn forget_signers(&mut self, signers: &[HashedId8]) -> Vec<StationId> {
        self.forget(|it| signers.contains(&it.signer))
    }

    fn forget(&mut self, gone: impl Fn(&Neighbour) -> bool) -> Vec<StationId> {
        let lost = self.neighbours.iter().filter(|it| gone(it));
        let lost: Vec<_> = lost.map(|it| it.station).collect();
        if !lost.is_empty() {
            self.neighbours.retain(|it| !gone(it));
        }
        lost
    }
}
