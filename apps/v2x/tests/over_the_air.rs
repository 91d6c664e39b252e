//! A car and a station with nothing between them but the air: who is known, what is charged, and
//! the receipt that both have signed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod radio_bench;
mod station_bench;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::SeqCst;

use bench::car::{Car, Daemon};
use bench::monitor::ask;
use radio_bench::car_bus::CarBus;
use radio_bench::slot_board::SlotBoard;
use radio_bench::yard::{start_car, start_station};
use radio_bench::{Air, Operator, as_signed, details, events, neighbours, radio_rows, receipt};
use station_bench::{SOON, Site, rows_with};
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

const EVSE: &str = "MA*HEL*E0001*1";

#[test]
fn relay_closes_for_the_proven_car_only_and_both_ends_keep_the_countersigned_receipt() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let (air, site) = (Air::new(), Site::new());
    let (operator, other_operator) = (Operator::new(), Operator::new());
    let board = SlotBoard::plug(&site.path("slot1"));
    let slot = &board.slot;
    let keys = operator.slot(EVSE);
    let station = start_station(&site, &air, &keys, "", Some(&broker.url()));
    slot.plugged.store(true, SeqCst);

    let stranger = Car::new(None);
    let (_bus, of_stranger) = start_car(&stranger, &site, &air, &other_operator.car("STRANGER"));
    let out = stranger.written().folder().to_owned();
    wait_until(SOON, "the stranger's disbelief", || {
        events(&out, "v2g_station_not_believed") > 0
    });
    assert_eq!(slot.closings.load(SeqCst), 0, "the relay closed for nobody");
    assert!(of_stranger.stop().success());

    let car = Car::new(None);
    let (bus, daemon) = start_car(&car, &site, &air, &operator.car("CAR-7"));
    bus.feel(slot);
    wait_until(SOON, "the relay for the proven car", || {
        slot.relay.load(SeqCst)
    });
    wait_until(SOON, "a session with energy", || {
        let rows = rows_with(&heard, "session_energy");
        rows.last()
            .is_some_and(|(_, row)| row["session_energy"] != 0.0)
    });
    assert!(events(&site.out(), "v2g_car_proven") > 0);
    assert!(receipt(&site.out()).is_none(), "no receipt before the end");

    slot.plugged.store(false, SeqCst);
    let countersigned = |folder: &Path| receipt(folder).filter(|it| it.countersignature.is_some());
    let car_out = car.written().folder().to_owned();
    wait_until(SOON, "the receipt at both ends", || {
        countersigned(&site.out()).is_some() && countersigned(&car_out).is_some()
    });
    let (ours, theirs) = (receipt(&site.out()).unwrap(), receipt(&car_out).unwrap());
    assert!(ours.transaction.is_some(), "{ours:?}");
    assert_eq!(as_signed(&ours), theirs);
    assert_eq!((ours.evse.as_str(), ours.evcc.as_str()), (EVSE, "CAR-7"));
    assert!(ours.energy.unwrap().get() >= 1.0, "{:?}", ours.energy);
    let cost = ours.cost.as_deref().unwrap();
    assert!(cost.ends_with(" MAD"), "{cost}");
    wait_until(SOON, "an open relay", || !slot.relay.load(SeqCst));

    wait_until(SOON, "the receipt at the broker", || {
        let rows = rows_with(&heard, "v2g_countersigned_slot1");
        rows.iter()
            .any(|(_, row)| row["v2g_countersigned_slot1"] == true)
    });
    assert!(daemon.stop().success());
    station.stop();
}

/// Starts cars, each with its keys; what runs, and where each writes.
fn start_all(
    cars: &[Car],
    keys: &[PathBuf],
    site: &Site,
    air: &Air,
) -> (Vec<(CarBus, Daemon)>, Vec<PathBuf>) {
    let running = cars.iter().zip(keys);
    let running = running.map(|(car, keys)| start_car(car, site, air, keys));
    let folders = cars.iter().map(|car| car.written().folder().to_owned());
    (running.collect(), folders.collect())
}

#[test]
fn cars_of_one_operator_verify_each_other_and_a_stranger_is_seen_by_nobody() {
    let (air, site) = (Air::new(), Site::new());
    let (operator, other_operator) = (Operator::new(), Operator::new());
    let cars: Vec<_> = (0..3).map(|_| Car::new(None)).collect();
    let keys = [
        operator.car("CAR-1"),
        operator.car("CAR-2"),
        other_operator.car("STRANGER"),
    ];
    let monitor = v2x_testbench::free_port();
    cars[0].set("V2X_MONITOR_LISTEN", &format!("127.0.0.1:{monitor}"));
    let (running, folders) = start_all(&cars, &keys, &site, &air);
    wait_until(SOON, "CAMs verified on both sides", || {
        (folders[..2].iter()).all(|folder| {
            let seen = |row: &String| row.contains(",V2V,") && row.ends_with(",YES,NO");
            neighbours(folder).len() == 1
                && radio_rows(folder).iter().filter(|row| seen(row)).count() >= 3
        })
    });
    let row = &radio_rows(&folders[0])[0];
    assert!(row.contains(",12.500000,-3.250000,"), "{row}");
    wait_until(SOON, "the stranger's voice", || {
        events(&folders[2], "v2v_speaking") > 0
    });
    wait_until(
        SOON,
        "the neighbour and the stranger in the metrics",
        || {
            let page = ask(monitor, "GET", "/metrics").body;
            let says = |sample: &str| page.lines().any(|line| line.starts_with(sample));
            let count = |sample: &str| {
                let value = page.lines().find_map(|line| line.strip_prefix(sample));
                value.and_then(|it| it.trim().parse::<f64>().ok())
            };
            says("v2x_v2v_neighbours 1")
                && says("v2x_v2v_channel_busy_ratio 0.")
                && count("v2x_v2v_verified_total{message=\"cam\"}") >= Some(3.0)
                && count("v2x_v2v_refused_total{why=\"unknown_issuer\"}") >= Some(1.0)
        },
    );
    for (_bus, daemon) in running {
        assert!(daemon.stop().success());
    }
    assert!(neighbours(&folders[2]).is_empty());
    assert!(radio_rows(&folders[2]).is_empty());
    for folder in &folders[..2] {
        assert_eq!(neighbours(folder).len(), 1, "the stranger is no neighbour");
    }
}

#[test]
fn car_whose_stop_lamp_is_on_tells_the_others() {
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let keys = [operator.car("CAR-1"), operator.car("CAR-2")];
    let cars = [Car::new(None), Car::new(None)];
    let (running, folders) = start_all(&cars, &keys, &site, &air);
    wait_until(SOON, "each other's neighbours", || {
        folders.iter().all(|folder| neighbours(folder).len() == 1)
    });
    assert_eq!(events(&folders[1], "v2v_event_known"), 0);
    let (bus, _) = &running[0];
    bus.break_down();
    wait_until(SOON, "the broken car's event at the other one", || {
        events(&folders[1], "v2v_event_known") > 0
    });
    let own = details(&folders[0], "v2v_own_event");
    let is_meant = own[0].contains("Breakdown") || own[0].contains("StationaryVehicle");
    assert!(is_meant, "{own:?}");
    for (_bus, daemon) in running {
        assert!(daemon.stop().success());
    }
}
