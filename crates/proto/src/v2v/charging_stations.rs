//! The charging stations in sight, by the announcements that were verified.
//!
//! Not what they say of themselves in a session ([`crate::v2g`]): an announcement tells where to
//! look and what is free, and the session proves the station anew.
//!
//! | finding | then |
//! |---|---|
//! | the message is not of a charging station, or has no position | refused |
//! | its moment lies more than 1.5 s from its signature's, or before the last one | refused |
//! | it has the moment of the last one | refused |
//! | the sender is farther away than radio reaches, 1 km | refused |
//! | another certificate has announced this station | refused |

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use v2x_units::{Instant, MacAddress, Meters, Position};

use super::plausibility::Implausible;
use crate::deadlines::CHARGING_STATION_AGE_MAX;
use crate::limits::{CHARGING_SPOTS_MAX, CHARGING_STATIONS_MAX, RADIO_RANGE_MAX};
use crate::wire::certificate::HashedId8;
use crate::wire::evcsn::{ChargeModes, ChargingSpot, ChargingStation, Evcsn, PoiType};
use crate::wire::its_time::ItsTime;
use crate::wire::station::StationId;

/// How far the moment of an announcement may lie from that of its signature, in milliseconds.
const MOMENT_APART_MAX_MS: i64 = 1_500;

/// A slot of a charging station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Its name at the station.
    pub name: String,
    /// Whether somebody can charge there now; `None` when the station does not say.
    pub is_free: Option<bool>,
    /// How one can charge.
    pub modes: ChargeModes,
    /// Plug and power in words; may be empty.
    pub plug: String,
    /// When the station last spoke of it: one with many slots speaks of some at a time.
    pub heard: Instant,
}

/// A charging station in sight.
#[derive(Debug, Clone, PartialEq)]
pub struct ChargingStationInSight {
    /// Its number.
    pub station: StationId,
    /// Which certificate announces it.
    pub signer: HashedId8,
    /// Its radio's address.
    pub address: MacAddress,
    /// Where it is.
    pub position: Position,
    /// Who runs it, in words.
    pub provider: Option<String>,
    /// Who may use it, in words.
    pub accessibility: String,
    /// What it costs, in words.
    pub pricing: String,
    /// Its slots.
    pub spots: Vec<Spot>,
    /// When it was last heard, and how strong.
    pub heard: Instant,
    /// Received signal strength, in dBm, where the radio measures it.
    pub rssi_dbm: Option<i8>,
    told: ItsTime,
}

impl ChargingStationInSight {
    /// How far it is from here.
    #[must_use]
    pub fn distance(&self, from: Position) -> Meters {
        from.distance_to(self.position)
    }

    /// How many slots are free now.
    #[must_use]
    pub fn free(&self) -> usize {
        let free = |spot: &&Spot| spot.is_free == Some(true);
        self.spots.iter().filter(free).count()
    }
}

/// An announcement that was verified.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announcement<'a> {
    pub(super) at: Instant,
    pub(super) signed: ItsTime,
    pub(super) from: MacAddress,
    pub(super) rssi_dbm: Option<i8>,
    pub(super) signer: HashedId8,
    pub(super) own: Option<Position>,
    pub(super) said: &'a Evcsn,
}

/// The table. When it is full the station that was silent longest makes room, which is counted.
#[derive(Debug, Default)]
pub(super) struct ChargingStations {
    stations: Vec<ChargingStationInSight>,
    displaced: u64,
    spots_left_out: u64,
}

impl ChargingStations {
    pub(super) fn in_sight(&self) -> &[ChargingStationInSight] {
        &self.stations
    }

    /// How many stations had to make room for others.
    pub(super) const fn displaced(&self) -> u64 {
        self.displaced
    }

    /// How often a slot found no room beside the others of its station.
    pub(super) const fn spots_left_out(&self) -> u64 {
        self.spots_left_out
    }

    /// Takes an announcement; says whether it tells something new of the slots, and
    /// who made room.
    ///
    /// # Errors
    /// It cannot be so.
    pub(super) fn take(
        &mut self,
        told: &Announcement<'_>,
    ) -> Result<(bool, Option<StationId>), Implausible> {
        let said = told.said;
        let apart = told.signed.as_millis() - said.time.as_millis();
        if apart.abs() > MOMENT_APART_MAX_MS {
            return Err(Implausible::GenerationTime);
        }
        // A notification may tell of other stations too; only what one says of itself is believed.
        let mut stations = said.stations.iter();
        let itself = stations.find(|it| it.id == said.station);
        let is_charging = said.poi_type == PoiType::CHARGING_STATION;
        let itself = itself.filter(|_| is_charging);
        let place = itself.and_then(|it| Some((it, it.location.position()?)));
        let (itself, position) = place.ok_or(Implausible::PositionMissing)?;
        let too_far = |own: Position| own.distance_to(position) > RADIO_RANGE_MAX;
        if told.own.is_some_and(too_far) {
            return Err(Implausible::OutOfRange);
        }
        let mut stations = self.stations.iter_mut();
        match stations.find(|it| it.station == said.station) {
            Some(known) => {
                let (is_news, left_out) = known.renew(told, itself, position)?;
                self.spots_left_out += left_out;
                Ok((is_news, None))
            }
            None => Ok((true, self.begin(told, itself, position))),
        }
    }

    /// Takes a new one in; says who made room for it.
    fn begin(
        &mut self,
        told: &Announcement<'_>,
        itself: &ChargingStation,
        position: Position,
    ) -> Option<StationId> {
        let mut displaced = None;
        if self.stations.len() >= CHARGING_STATIONS_MAX {
            let stations = self.stations.iter().enumerate();
            let silent = stations.min_by_key(|(_, it)| it.heard);
            if let Some(place) = silent.map(|(place, _)| place) {
                displaced = Some(self.stations.swap_remove(place).station);
                self.displaced += 1;
            }
        }
        self.stations.push(ChargingStationInSight {
            station: told.said.station,
            signer: told.signer,
            address: told.from,
            position,
            provider: itself.provider.as_deref().map(ToString::to_string),
            accessibility: itself.accessibility.to_string(),
            pricing: itself.pricing.to_string(),
            spots: spots(told.at, itself),
            heard: told.at,
            rssi_dbm: told.rssi_dbm,
            told: told.said.time,
        });
        displaced
    }

    /// Forgets whatever has been silent for too long, and says what.
    pub(super) fn age(&mut self, now: Instant) -> Vec<StationId> {
        self.forget(|it| now.since(it.heard) > CHARGING_STATION_AGE_MAX)
    }

    /// Forgets whoever is believed no more, and says who.
    pub(super) fn forget_signers(&mut self, signers: &[HashedId8]) -> Vec<StationId> {
        self.forget(|it| signers.contains(&it.signer))
    }

    fn forget(&mut self, gone: impl Fn(&ChargingStationInSight) -> bool) -> Vec<StationId> {
        let lost: Vec<_> = (self.stations.iter().filter(|it| gone(it)))
            .map(|it| it.station)
            .collect();
        if !lost.is_empty() {
            self.stations.retain(|it| !gone(it));
        }
        lost
    }
}

impl ChargingStationInSight {
    /// Says whether it tells something new of its slots, and how many of them found no room.
    fn renew(
        &mut self,
        told: &Announcement<'_>,
        itself: &ChargingStation,
        position: Position,
    ) -> Result<(bool, u64), Implausible> {
        if self.signer != told.signer {
            return Err(Implausible::StationIdTaken);
        }
        match told.said.time.cmp(&self.told) {
            core::cmp::Ordering::Less => return Err(Implausible::GenerationTime),
            core::cmp::Ordering::Equal => return Err(Implausible::Duplicate),
            core::cmp::Ordering::Greater => {}
        }
        let before: Vec<_> = self.states();
        let mut left_out = 0;
        for spot in spots(told.at, itself) {
            if let Some(known) = self.spots.iter_mut().find(|it| it.name == spot.name) {
                *known = spot;
            } else if self.spots.len() < CHARGING_SPOTS_MAX {
                self.spots.push(spot);
            } else {
                left_out += 1;
            }
        }
        // A slot that is out of use is no longer told of.
        let silent = |spot: &Spot| told.at.since(spot.heard) > CHARGING_STATION_AGE_MAX;
        self.spots.retain(|spot| !silent(spot));
        self.address = told.from;
        self.position = position;
        self.provider = itself.provider.as_deref().map(ToString::to_string);
        self.accessibility = itself.accessibility.to_string();
        self.pricing = itself.pricing.to_string();
        (self.heard, self.rssi_dbm, self.told) = (told.at, told.rssi_dbm, told.said.time);
        Ok((before != self.states(), left_out))
    }

    fn states(&self) -> Vec<(String, Option<bool>)> {
        let state = |spot: &Spot| (spot.name.clone(), spot.is_free);
        self.spots.iter().map(state).collect()
    }
}

/// The slots of a station as it tells of them. One without a name goes by its place, one without
/// words on its plug has that of the one before.
fn spots(at: Instant, station: &ChargingStation) -> Vec<Spot> {
    let mut before = String::new();
    let spot = |(place, spot): (usize, &ChargingSpot)| Spot {
        name: match spot.equipment_id.as_deref() {
            Some(name) => name.to_string(),
            None => (place + 1).to_string(),
        },
        is_free: spot.parking_places.as_ref().map(|places| {
            let free = |place: &crate::wire::evcsn::ParkingPlace| place.max_waiting.raw() == 0;
            places.iter().any(free)
        }),
        modes: spot.modes,
        plug: {
            if !spot.energy_availability.is_empty() {
                before = spot.energy_availability.to_string();
            }
            before.clone()
        },
        heard: at,
    };
    station.spots.iter().enumerate().map(spot).collect()
}

#[cfg(test)]
mod tests;
