//! Our car at a station of the prototype: the cost limit and the driver's stop really go on the
//! air. Whether the station obeys is up to it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod radio_bench;
mod station_bench;

use bench::car::Car;
use bench::program::run;
use radio_bench::prototype_station::PrototypeStation;
use radio_bench::yard::start_car;
use radio_bench::{Air, Operator, details};
use station_bench::{SOON, Site};
use v2x_testbench::wait_until;

/// Waits for a word of the car with this wish, while the station says this cost.
fn await_wish(station: &PrototypeStation, cost: f32, stop: bool) {
    wait_until(SOON, &format!("stop: {stop} at a cost of {cost}"), || {
        station.say(cost);
        station.wishes().contains(&stop)
    });
}

#[test]
fn cost_limit_goes_on_the_air_to_a_prototype_station() {
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let station = PrototypeStation::on(&air);
    let car = Car::new(None);
    car.set("V2X_RADIO_LEGACY", "true");
    car.set("V2X_V2G_COST_LIMIT", "1.50 MAD");
    let (_bus, daemon) = start_car(&car, &site, &air, &operator.car("CAR-7"));
    await_wish(&station, 1.25, false);
    await_wish(&station, 1.5, true);
    let out = car.written().folder().to_owned();
    wait_until(SOON, "the event of it", || {
        let told = details(&out, "legacy");
        told.iter().any(|it| it.contains("Stopping(CostLimit)"))
    });
    assert!(daemon.stop().success());
}

#[test]
fn drivers_stop_goes_on_the_air_to_a_prototype_station_and_he_hears_that_it_may_not_obey() {
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let station = PrototypeStation::on(&air);
    let car = Car::new(None);
    car.set("V2X_RADIO_LEGACY", "true");
    let (_bus, daemon) = start_car(&car, &site, &air, &operator.car("CAR-7"));
    await_wish(&station, 99.0, false);
    let out = car.written().folder().display().to_string();
    let ran = run(&["charge", "stop", "--out", &out]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("it may not obey"), "{}", ran.out);
    await_wish(&station, 99.0, true);
    station.wishes();
    await_wish(&station, 99.5, true);
    assert!(daemon.stop().success());
}
