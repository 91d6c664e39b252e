//! Charges over the air between two processes: killed, stopped, limited, revoked, driven off.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod radio_bench;
mod station_bench;

use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use bench::car::Car;
use bench::program::run;
use radio_bench::yard::Yard;
use radio_bench::{details, events, receipts};
use station_bench::SOON;
use v2x_store::{Store, V2gReceipt};
use v2x_testbench::wait_until;

fn plain(slot: &'static str) -> Yard {
    Yard::start(slot, |_| {})
}

/// The one receipt that both ends keep with both signatures.
fn await_receipt(yard: &Yard) -> V2gReceipt {
    let whole = |folder: &Path| {
        let receipts = receipts(folder);
        let is_whole = receipts.iter().any(|it| it.countersignature.is_some());
        is_whole.then_some(receipts)
    };
    let mut both = None;
    wait_until(SOON, "the receipt at both ends", || {
        both = whole(&yard.site.out()).zip(whole(&yard.car_out()));
        both.is_some()
    });
    let (ours, theirs) = both.unwrap();
    assert_eq!(ours.len(), 1, "one charge, one receipt");
    let session = Store::open(&yard.site.out().join("v2x.db"))
        .unwrap()
        .newest_session(1);
    let session = session.unwrap().map(|session| session.head.transaction);
    assert_eq!(
        ours[0].transaction, session,
        "the station knows of which session it is"
    );
    let the_same = V2gReceipt {
        transaction: None,
        ..ours[0].clone()
    };
    assert_eq!([the_same], theirs.as_slice());
    ours[0].clone()
}

/// Tells the car's daemon something, and gives exit code and both outputs.
fn charge(yard: &Yard, words: &[&str]) -> (Option<i32>, String) {
    let out = yard.car_out().display().to_string();
    let ran = run(&[&["charge"], words, &["--out", &out]].concat());
    (ran.code, format!("{}{}", ran.out, ran.err))
}

#[test]
fn charge_goes_on_after_either_end_was_killed_and_leaves_one_receipt() {
    let yard = plain("");
    yard.await_power();
    let closings = yard.slot().closings.load(SeqCst);
    let mut yard = yard.restart_station();
    wait_until(
        SOON,
        "the relay closed anew by the car that came back",
        || yard.slot().closings.load(SeqCst) > closings && yard.slot().relay.load(SeqCst),
    );
    yard.await_charge();

    let offs = events(&yard.site.out(), "v2g_power_off");
    let openings = yard.slot().openings.load(SeqCst);
    let confirmed = events(&yard.car_out(), "v2g_plug_confirmed");
    yard.restart_car();
    wait_until(SOON, "the car in its session again", || {
        yard.daemon.says("station proven") && yard.daemon.says("charging session over the radio")
    });
    wait_until(SOON, "the charge that goes on", || {
        events(&yard.car_out(), "v2g_plug_confirmed") > confirmed
    });
    yard.await_power();
    assert_eq!(events(&yard.site.out(), "v2g_power_off"), offs);
    assert_eq!(yard.slot().openings.load(SeqCst), openings);
    yard.slot().plugged.store(false, SeqCst);
    let receipt = await_receipt(&yard);
    assert_eq!(receipt.evcc, "CAR-7");
    yard.await_open_relay("an open relay");
    let drawn = yard.slot().load.watt_hours() - 12_345.0;
    let billed = receipt.energy.unwrap().get();
    assert!(
        (billed - drawn).abs() <= 2.0,
        "{billed} Wh of {drawn} drawn"
    );
    yard.stop();
}

#[test]
fn driver_sees_the_charge_sets_wishes_and_ends_it_and_all_of_it_is_noted() {
    let mut yard = plain("");
    yard.await_charge();
    let mut status = serde_json::Value::Null;
    wait_until(SOON, "a status with energy", || {
        let (code, said) = charge(&yard, &["status", "--json"]);
        assert_eq!(code, Some(0), "{said}");
        status = serde_json::from_str(&said).unwrap();
        status["power_w"]
            .as_f64()
            .is_some_and(|power| power > 1000.0)
    });
    assert_eq!(
        (status["plugged"].as_bool(), status["soc"].as_f64()),
        (Some(true), Some(69.42))
    );
    assert!(status["station"].as_str().unwrap().starts_with("MA*HEL"));

    let (code, said) = charge(&yard, &["set", "--desired-soc", "full"]);
    assert_eq!(code, Some(2), "{said}");
    let (code, said) = charge(&yard, &["set", "--cost-limit", "20"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("digits and a currency"), "{said}");
    let wishes = ["set", "--desired-soc", "95", "--cost-limit", "20.00 MAD"];
    let (code, said) = charge(&yard, &wishes);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("95.0 %") && said.contains("20.00 MAD"),
        "{said}"
    );
    // What was set outlives a kill, and the charge too.
    yard.restart_car();
    wait_until(SOON, "the car in its session again", || {
        yard.daemon.says("charging session over the radio")
    });
    let (_, said) = charge(&yard, &["status"]);
    assert!(
        said.contains("95.0 %") && said.contains("20.00 MAD"),
        "{said}"
    );

    let mut ended = (None, String::new());
    wait_until(SOON, "the end by the driver", || {
        ended = charge(&yard, &["stop"]);
        ended.0 == Some(0)
    });
    assert!(
        ended.1.contains("the power has ended (Driver)"),
        "{}",
        ended.1
    );
    yard.await_open_relay("the relay that the driver's stop opens");
    await_receipt(&yard);
    let openings = yard.slot().openings.load(SeqCst);
    let (code, said) = charge(&yard, &["stop"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("nothing is being charged"), "{said}");
    let commands = details(&yard.car_out(), "charge_command");
    let noted = |what: &str| commands.iter().any(|it| it.contains(what));
    assert!(
        noted("\"do\":\"stop\"") && noted("20.00 MAD"),
        "{commands:?}"
    );
    assert!(noted("\"user\":"), "{commands:?}");
    assert_eq!(yard.slot().openings.load(SeqCst), openings);
    let out = yard.car_out();
    yard.stop();
    let nobody = run(&["charge", "stop", "--out", out.to_str().unwrap()]);
    assert_eq!(nobody.code, Some(1));
    assert!(
        nobody.err.contains("hint: name the folder"),
        "{}",
        nobody.err
    );
}

#[test]
fn battery_that_is_as_full_as_wanted_ends_the_charge() {
    let yard = plain("");
    yard.await_charge();
    // The car's bus says 69.42 %.
    let (code, said) = charge(&yard, &["set", "--desired-soc", "60"]);
    assert_eq!(code, Some(0), "{said}");
    yard.await_open_relay("the end by the state of charge");
    await_receipt(&yard);
    let why = details(&yard.car_out(), "v2g_power_stopped");
    assert!(why[0].contains("DesiredStateOfCharge"), "{why:?}");
    yard.stop();
}

#[test]
fn cost_limit_of_the_car_ends_the_charge() {
    let yard = Yard::start("", |car: &Car| car.set("V2X_V2G_COST_LIMIT", "0.02 MAD"));
    yard.slot().draws.store(32_000, SeqCst);
    wait_until(SOON, "the relay for the car", || {
        yard.slot().closings.load(SeqCst) > 0
    });
    yard.await_open_relay("the end by the cost limit");
    let receipt = await_receipt(&yard);
    let cost: f64 = (receipt.cost.as_deref().unwrap())
        .strip_suffix(" MAD")
        .unwrap()
        .parse()
        .unwrap();
    assert!((0.02..0.06).contains(&cost), "{cost}");
    let off = details(&yard.site.out(), "v2g_power_off");
    let stopped = details(&yard.car_out(), "v2g_power_stopped");
    let said = format!("{off:?} {stopped:?}");
    assert!(said.contains("CostLimit"), "{said}");
    yard.stop();
}

#[test]
fn energy_limit_of_the_station_ends_the_charge() {
    let yard = plain("energy_limit_kwh = 0.1\npower_max_w = 23000\n");
    yard.slot().draws.store(95_000, SeqCst);
    wait_until(SOON, "the relay for the car", || {
        yard.slot().closings.load(SeqCst) > 0
    });
    yard.await_open_relay("the end by the energy limit");
    let receipt = await_receipt(&yard);
    let energy = receipt.energy.unwrap().get();
    assert!((100.0..150.0).contains(&energy), "{energy}");
    let off = details(&yard.site.out(), "v2g_power_off");
    assert!(off[0].contains("EnergyLimit"), "{off:?}");
    yard.stop();
}

#[test]
fn car_that_is_revoked_while_it_charges_loses_the_power() {
    let yard = plain("");
    yard.await_power();
    yard.operator.revoke("CAR-7", &yard.keys);
    yard.await_open_relay("the relay that the revocation opens");
    let closings = yard.slot().closings.load(SeqCst);
    wait_until(SOON, "the car that is refused", || {
        events(&yard.site.out(), "v2g_car_refused") > 0
    });
    let off = details(&yard.site.out(), "v2g_power_off");
    assert!(!off.is_empty());
    assert_eq!(
        yard.slot().closings.load(SeqCst),
        closings,
        "and it stays open"
    );
    yard.stop();
}

#[test]
fn battery_data_goes_on_after_unplugging_and_ends_beyond_the_border() {
    let yard = plain("");
    yard.await_charge();
    yard.slot().plugged.store(false, SeqCst);
    await_receipt(&yard);
    yard.bus.drive();
    let told = || {
        let store = Store::open(&yard.site.out().join("v2x.db")).unwrap();
        let rows = store.battery_data(1000).unwrap();
        rows.into_iter()
            .filter(|row| !row.is_plugged)
            .collect::<Vec<_>>()
    };
    wait_until(SOON, "battery data of an unplugged car", || {
        told().len() >= 2
    });
    let row = &told()[0];
    assert_eq!(
        (row.evcc.as_str(), row.evse.as_str()),
        ("CAR-7", "MA*HEL*E0001*1")
    );
    assert_eq!(row.soc.map(|soc| soc.percent()), Some(69.42));
    // Within the border nothing ends: beyond 105 m, but not 120 m.
    yard.bus.go_north(110.0);
    let before = told().len();
    wait_until(SOON, "more battery data", || told().len() >= before + 2);
    assert_eq!(events(&yard.car_out(), "v2g_left_station"), 0);
    yard.bus.go_north(40.0);
    wait_until(SOON, "the car beyond the border", || {
        events(&yard.car_out(), "v2g_left_station") > 0
    });
    let why = details(&yard.car_out(), "v2g_left_station");
    assert!(why[0].contains("Distance"), "{why:?}");
    yard.stop();
}
