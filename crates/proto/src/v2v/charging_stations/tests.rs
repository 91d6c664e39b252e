//! The table when it is full.

use alloc::vec;
use core::time::Duration;

use v2x_units::Degrees;

use super::*;
use crate::wire::evcsn::{
    DEFAULT_PROTOCOL_VERSION, FreeText, ParkingPlace, Receptacle, StationCount, WaitingMinutes,
};
use crate::wire::reference_position::ReferencePosition;
use crate::wire::{List, Text};

/// A moment of ITS time, and the one on the radio's clock.
const BEGAN: i64 = 700_000_000_000;

fn place() -> Position {
    Position::new(Degrees::new(12.5), Degrees::new(-3.25)).unwrap()
}

fn station(number: usize) -> StationId {
    StationId::new(i64::try_from(number).unwrap()).unwrap()
}

/// What a station says of itself so many seconds after the beginning, with slots of these numbers.
fn said(number: usize, second: u64, slots: core::ops::Range<usize>) -> Evcsn {
    let time = BEGAN + i64::try_from(second * 1_000).unwrap();
    let free = ParkingPlace {
        max_waiting: WaitingMinutes::new(0).unwrap(),
        blocking: false,
    };
    let spot = |slot: usize| ChargingSpot {
        modes: ChargeModes::default(),
        equipment_id: Some(FreeText::new("evEquipmentID", slot.to_string()).unwrap()),
        receptacle: Receptacle::default(),
        energy_availability: FreeText::new("energyAvailability", "").unwrap(),
        parking_places: Some(List::new("parkingPlacesData", vec![free]).unwrap()),
    };
    let of_station = ChargingStation {
        id: station(number),
        utility_distributor: None,
        provider: None,
        location: ReferencePosition::at(place()),
        address: None,
        phone_number: None,
        accessibility: Text::new("accessibility", "known cars").unwrap(),
        digital_map: None,
        opening_hours: FreeText::new("openingDaysHours", "").unwrap(),
        pricing: FreeText::new("pricing", "").unwrap(),
        booking_contact: None,
        payment: None,
        spots: List::new("chargingSpotsAvailable", slots.map(spot).collect()).unwrap(),
    };
    Evcsn {
        protocol_version: DEFAULT_PROTOCOL_VERSION,
        station: station(number),
        poi_type: PoiType::CHARGING_STATION,
        time: ItsTime::from_millis(time).unwrap(),
        relay_capable: false,
        total_stations: StationCount::new(1).unwrap(),
        stations: List::new("chargingStationsData", vec![of_station]).unwrap(),
    }
}

fn take(table: &mut ChargingStations, second: u64, said: &Evcsn) -> (bool, Option<StationId>) {
    let told = Announcement {
        at: Instant::BOOT + Duration::from_secs(second),
        signed: said.time,
        from: MacAddress::new([2, 0, 0, 0, 0, 1]),
        rssi_dbm: None,
        signer: HashedId8([u8::try_from(said.station.raw()).unwrap(); 8]),
        own: Some(place()),
        said,
    };
    table.take(&told).unwrap()
}

#[test]
fn stations_when_full_lose_the_one_silent_longest_and_count_it() {
    let mut table = ChargingStations::default();
    for number in 0..CHARGING_STATIONS_MAX {
        let second = u64::try_from(number).unwrap();
        let taken = take(&mut table, second, &said(number, second, 1..2));
        assert_eq!(taken, (true, None));
    }
    // The first one speaks again: now the second was silent longest.
    assert_eq!(take(&mut table, 40, &said(0, 40, 1..2)), (false, None));
    assert_eq!(table.displaced(), 0);
    let one_more = said(CHARGING_STATIONS_MAX, 41, 1..2);
    assert_eq!(take(&mut table, 41, &one_more), (true, Some(station(1))));
    assert_eq!(table.in_sight().len(), CHARGING_STATIONS_MAX);
    assert_eq!(table.displaced(), 1);
    let is_there = |number| {
        let mut stations = table.in_sight().iter();
        stations.any(|it| it.station == station(number))
    };
    assert!(is_there(0) && !is_there(1) && is_there(CHARGING_STATIONS_MAX));
}

#[test]
fn slots_of_a_station_when_full_leave_out_the_newest_and_count_it() {
    let mut table = ChargingStations::default();
    take(&mut table, 0, &said(7, 0, 0..CHARGING_SPOTS_MAX));
    let more = CHARGING_SPOTS_MAX - 1..CHARGING_SPOTS_MAX + 3;
    let taken = take(&mut table, 1, &said(7, 1, more));
    assert_eq!(taken, (false, None), "nothing of what has room is new");
    assert_eq!(table.in_sight()[0].spots.len(), CHARGING_SPOTS_MAX);
    assert_eq!(table.spots_left_out(), 3);
}
