//! A station announces itself: cars of its operator know where it is and whether it is free.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod radio_bench;
mod station_bench;

use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use bench::car::Car;
use radio_bench::slot_board::SlotBoard;
use radio_bench::yard::{EVSE, start_station};
use radio_bench::{Air, Operator, car_bus::CarBus, details, events, radio_rows};
use station_bench::{SOON, Site};
use v2x_testbench::wait_until;

/// The rows of the table in which a station without a session says whether a slot is free.
fn announced(folder: &Path, is_free: bool) -> usize {
    let end = if is_free { ",YES,YES,NO" } else { ",NO,YES,NO" };
    let rows = radio_rows(folder);
    let of_station = rows.iter().filter(|row| row.contains(",EVCS,"));
    of_station
        .filter(|row| row.ends_with(end) && row.contains(",12.500000,-3.250000,"))
        .count()
}

#[test]
fn cars_of_the_operator_hear_where_the_station_is_and_whether_it_is_free() {
    let (air, site) = (Air::new(), Site::new());
    let (operator, other_operator) = (Operator::new(), Operator::new());
    let board = SlotBoard::plug(&site.path("slot1"));
    let station = start_station(&site, &air, &operator.slot(EVSE), "", None);
    let cars = [Car::new(None), Car::new(None)];
    let keys = [operator.car("CAR-1"), other_operator.car("STRANGER")];
    let running: Vec<_> = (cars.iter().zip(&keys))
        .map(|(car, keys)| {
            let port = site.path(keys.file_name().unwrap().to_str().unwrap());
            let bus = CarBus::plug(&port, 12.5002, -3.25);
            car.plug_in(&port);
            car.set_clock("0 ntp");
            air.give_to(car, keys);
            (bus, car.start())
        })
        .collect();
    let folders: Vec<_> = (cars.iter())
        .map(|car| car.written().folder().to_owned())
        .collect();
    wait_until(SOON, "the announcement in table and store", || {
        announced(&folders[0], true) >= 2 && events(&folders[0], "v2v_charging_station") > 0
    });
    let told = &details(&folders[0], "v2v_charging_station")[0];
    for part in [
        "\"provider\":\"Yard\"",
        "\"free\":1",
        "\"pricing\":\"1.50 MAD/kWh\"",
        "\"accessibility\":\"known cars\"",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let row = radio_rows(&folders[0]);
    let row = row.iter().find(|row| row.contains(",EVCS,")).unwrap();
    assert!(row.contains(",1.50,"), "{row}");

    board.slot.plugged.store(true, SeqCst);
    wait_until(SOON, "the slot told as occupied", || {
        announced(&folders[0], false) > 0 && events(&folders[0], "v2v_charging_station") > 1
    });
    wait_until(SOON, "the stranger's voice", || {
        events(&folders[1], "v2v_speaking") > 0
    });
    assert_eq!(
        events(&folders[1], "v2v_charging_station"),
        0,
        "not its operator's"
    );
    assert_eq!(
        announced(&folders[1], true) + announced(&folders[1], false),
        0
    );

    station.stop();
    wait_until(SOON, "the station out of sight", || {
        events(&folders[0], "v2v_charging_station_lost") > 0
    });
    for (_bus, daemon) in running {
        assert!(daemon.stop().success());
    }
}
