//! The air of a radio board: the board's own code on a pseudo-terminal, against a car on the other
//! air and a station.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod radio_bench;
mod station_bench;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use bench::car::{Car, Daemon};
use radio_bench::board::{MADE_WITH, RadioBoard};
use radio_bench::car_bus::CarBus;
use radio_bench::slot_board::SlotBoard;
use radio_bench::yard::{EVSE, start_car, start_station};
use radio_bench::{Air, Operator, neighbours, radio_rows, receipts};
use station_bench::{SOON, Site};
use v2x_testbench::wait_until;
use v2x_units::MacAddress;

/// A car that speaks by the board on this port.
fn start_on_board(car: &Car, site: &Site, port: &Path, keys: &Path) -> (CarBus, Daemon) {
    let name = site.path("collector_of_board_car");
    let bus = CarBus::plug(&name, 12.5, -3.25);
    car.plug_in(&name);
    car.set_clock("0 ntp");
    car.set("V2X_RADIO_PORT", port.to_str().unwrap());
    car.set("V2X_RADIO_KEYS", keys.to_str().unwrap());
    car.set("V2X_V2G_CALL_WHEN_PARKED", "true");
    (bus, car.start())
}

/// From which addresses verified CAMs came, by a car's table.
fn senders(folder: &Path) -> BTreeSet<String> {
    let rows = radio_rows(folder);
    let verified = rows
        .iter()
        .filter(|row| row.contains(",V2V,") && row.ends_with(",YES,NO"));
    verified
        .map(|row| row.split(',').next().unwrap().to_owned())
        .collect()
}

#[test]
fn car_on_a_board_speaks_under_its_pseudonyms_address_and_charges() {
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let port = site.path("radio");
    let radio = RadioBoard::plug(&port, &air, true);
    let slot = SlotBoard::plug(&site.path("slot1"));
    let station = start_station(&site, &air, &operator.slot(EVSE), "", None);
    let (on_board, other) = (Car::new(None), Car::new(None));
    let (bus, first) = start_on_board(&on_board, &site, &port, &operator.car("CAR-1"));
    bus.feel(&slot.slot);
    slot.slot.plugged.store(true, SeqCst);
    wait_until(SOON, "the relay for the car on the board", || {
        slot.slot.relay.load(SeqCst)
    });
    let (_other_bus, second) = start_car(&other, &site, &air, &operator.car("CAR-2"));
    let folders = [&on_board, &other].map(|car| car.written().folder().to_owned());
    wait_until(SOON, "CAMs verified on both sides", || {
        folders.iter().all(|folder| {
            neighbours(folder).len() == 1
                && radio_rows(folder).len() >= 6
                && !senders(folder).is_empty()
        })
    });
    let made_with = MacAddress::new(MADE_WITH).to_string();
    let heard = senders(&folders[1]);
    assert!(
        !heard.contains(&made_with),
        "the address of the factory: {heard:?}"
    );
    let sent = radio.sent();
    let unicast = sent.iter().filter(|(_, to, _)| *to != [0xFF; 6]).count();
    assert!(unicast > 0, "the conversation is with one station");
    assert!(sent.iter().all(|(_, _, length)| *length <= 250));
    let addresses: BTreeSet<_> = sent.iter().map(|(from, _, _)| *from).collect();
    assert!(heard.iter().all(|from| {
        addresses
            .iter()
            .any(|it| MacAddress::new(*it).to_string() == *from)
    }));

    slot.slot.plugged.store(false, SeqCst);
    wait_until(SOON, "the receipt of the car on the board", || {
        receipts(&folders[0])
            .iter()
            .any(|it| it.countersignature.is_some())
    });
    assert!(first.stop().success() && second.stop().success());
    station.stop();
}

#[test]
fn board_that_keeps_its_address_is_named_in_every_packet() {
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let port = site.path("radio");
    let radio = RadioBoard::plug(&port, &air, false);
    let (on_board, other) = (Car::new(None), Car::new(None));
    let (_bus, first) = start_on_board(&on_board, &site, &port, &operator.car("CAR-1"));
    let (_other_bus, second) = start_car(&other, &site, &air, &operator.car("CAR-2"));
    let folder = other.written().folder().to_owned();
    let made_with = MacAddress::new(MADE_WITH).to_string();
    wait_until(SOON, "verified CAMs from the board's own address", || {
        senders(&folder).contains(&made_with)
    });
    wait_until(SOON, "a word on it", || {
        first.says("the radio keeps its address: the car can be followed by it")
    });
    // Another board, or the same one after whatever was the matter with it.
    drop(radio);
    let _radio = RadioBoard::plug(&port, &air, true);
    wait_until(SOON, "addresses that change again", || {
        first.says("the radio takes addresses again, from the next pseudonym on")
    });
    assert!(first.stop().success() && second.stop().success());
}
