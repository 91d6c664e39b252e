//! What a station says of itself, as much of it as a frame has room for.
//!
//! Left out first is the provider's name, then the words on a plug that are those of the slot
//! before it, then all of them; a station with more slots than then fit speaks of some at a time,
//! in turn. What a receiver needs to tell slots apart, their names, is never left out.
//!
//! | field | says |
//! |---|---|
//! | accessibility | who may charge, in words |
//! | pricing | the price, in words |
//! | opening hours | nothing: not known here |
//! | evEquipmentID | the slot's number |
//! | type of spot | the modes of the plug |
//! | typeOfReceptacle | nothing: the meaning of its bits is not in the ASN.1 |
//! | energyAvailability | the kind of plug, in words; empty: that of the slot before |
//! | parking places | one: waiting time 0 when it is free, 1400 minutes (not known) when not |

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use v2x_units::Position;

use crate::wire::evcsn::{
    ChargeModes, ChargingSpot, ChargingStation, DEFAULT_PROTOCOL_VERSION, Evcsn, FreeText,
    ParkingPlace, PoiType, Receptacle, StationCount, WaitingMinutes,
};
use crate::wire::its_time::ItsTime;
use crate::wire::reference_position::ReferencePosition;
use crate::wire::station::StationId;
use crate::wire::{List, Text, WireError};

/// The most characters of the provider's name and of the accessibility.
const NAME_MAX: usize = 32;
/// The most characters of a text that the standard leaves open; what is longer is cut.
const TEXT_MAX: usize = 40;
/// Not free, and nobody knows for how long.
const OCCUPIED_MINUTES: u16 = 1400;

/// A station as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct StationNow {
    /// Where it stands.
    pub position: Position,
    /// Who runs it; what is beyond 32 characters is cut.
    pub provider: String,
    /// Who may charge, in words; 1 to 32 characters.
    pub accessibility: String,
    /// What it costs, in words.
    pub pricing: String,
    /// The slots that can be used, occupied ones too.
    pub slots: Vec<SlotNow>,
}

/// A slot that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotNow {
    /// Its number.
    pub number: u8,
    /// Whether somebody can charge there now.
    pub is_free: bool,
    /// How one can charge.
    pub modes: ChargeModes,
    /// The kind of its plug, in words.
    pub plug: String,
}

/// How much is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    slots: Range<usize>,
    of: usize,
    with_provider: bool,
    plugs: Plugs,
}

/// Which slots have words on their plug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plugs {
    All,
    /// Those whose plug is another than that of the slot before.
    Others,
    None,
}

impl Shape {
    /// Every shape, the one that says most first; `first` is the slot whose turn it is.
    pub(super) fn all(slots: usize, first: usize) -> impl Iterator<Item = Self> {
        let first = if first < slots { first } else { 0 };
        let whole = [
            (true, Plugs::All),
            (false, Plugs::All),
            (false, Plugs::Others),
            (false, Plugs::None),
        ];
        let whole = whole.map(|(with_provider, plugs)| Self {
            slots: 0..slots,
            of: slots,
            with_provider,
            plugs,
        });
        let parts = (1..slots).rev().map(move |count| Self {
            slots: first..(first + count).min(slots),
            of: slots,
            with_provider: false,
            plugs: Plugs::None,
        });
        whole.into_iter().chain(parts)
    }

    /// The slot whose turn it is after this.
    pub(super) const fn next(&self) -> usize {
        if self.slots.end < self.of {
            self.slots.end
        } else {
            0
        }
    }
}

/// The announcement in a shape.
pub(super) fn evcsn(
    id: StationId,
    time: ItsTime,
    station: &StationNow,
    shape: &Shape,
) -> Result<Evcsn, WireError> {
    let slots = station.slots.get(shape.slots.clone()).unwrap_or_default();
    let mut before = "";
    let mut spots = Vec::with_capacity(slots.len());
    for slot in slots {
        let plug = match shape.plugs {
            Plugs::Others if slot.plug == before => "",
            Plugs::All | Plugs::Others => &slot.plug,
            Plugs::None => "",
        };
        before = &slot.plug;
        spots.push(spot(slot, plug)?);
    }
    let provider = cut(&station.provider, NAME_MAX);
    let provider = (shape.with_provider && !provider.is_empty())
        .then(|| Text::new("providerID", provider))
        .transpose()?;
    let of_station = ChargingStation {
        id,
        utility_distributor: None,
        provider,
        location: ReferencePosition::at(station.position),
        address: None,
        phone_number: None,
        accessibility: Text::new("accessibility", cut(&station.accessibility, NAME_MAX))?,
        digital_map: None,
        opening_hours: FreeText::new("openingDaysHours", "")?,
        pricing: FreeText::new("pricing", cut(&station.pricing, TEXT_MAX))?,
        booking_contact: None,
        payment: None,
        spots: List::new("chargingSpotsAvailable", spots)?,
    };
    Ok(Evcsn {
        protocol_version: DEFAULT_PROTOCOL_VERSION,
        station: id,
        poi_type: PoiType::CHARGING_STATION,
        time,
        relay_capable: false,
        total_stations: StationCount::new(1)?,
        stations: List::new("chargingStationsData", Vec::from([of_station]))?,
    })
}

fn spot(slot: &SlotNow, plug: &str) -> Result<ChargingSpot, WireError> {
    let minutes = if slot.is_free { 0 } else { OCCUPIED_MINUTES };
    let place = ParkingPlace {
        max_waiting: WaitingMinutes::new(minutes.into())?,
        blocking: false,
    };
    Ok(ChargingSpot {
        modes: slot.modes,
        equipment_id: Some(FreeText::new("evEquipmentID", slot.number.to_string())?),
        receptacle: Receptacle::default(),
        energy_availability: FreeText::new("energyAvailability", cut(plug, TEXT_MAX))?,
        parking_places: Some(List::new("parkingPlacesData", Vec::from([place]))?),
    })
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
