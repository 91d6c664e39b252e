//! A prototype car at our station: what it hears where the operator speaks with prototypes, that
//! its words move no relay and prove nobody, and the silence where he does not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod radio_bench;
mod station_bench;

use std::sync::atomic::Ordering::SeqCst;

use radio_bench::prototype_car::{PrototypeCar, Said};
use radio_bench::slot_board::SlotBoard;
use radio_bench::{Air, Operator, events, receipt};
use station_bench::{SOON, Site, Station, rows_with};
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

/// Two slots with a vehicle in each: one that gives current to whoever plugs in, and one that
/// gives it to cars that prove who they are.
struct Yard {
    air: Air,
    site: Site,
    _operator: Operator,
    open: SlotBoard,
    closed: SlotBoard,
    station: Station,
    server: Subscriber,
    _broker: Mosquitto,
}

fn start(legacy: &str) -> Option<Yard> {
    let broker = Mosquitto::start(&Access::Everybody)?;
    let server = Subscriber::start(broker.port());
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let keys = operator.slot("MA*HEL*E0001*2");
    let slot = |number: u8, policy: &str, more: &str| {
        let port = site.path(&format!("slot{number}"));
        format!(
            "[[slot]]\nnumber = {number}\nport = \"{}\"\nsource = \"framed\"\nrelay = true\n\
             policy = \"{policy}\"\nstart_s = 1.0\n{more}",
            port.display()
        )
    };
    let text = format!(
        "[station]\nname = \"Yard\"\nlatitude = 12.5\nlongitude = -3.25\ncost_per_kwh = 1.50\n\
         row_interval_s = 0.5\n{}{legacy}{}{}",
        air.table(),
        slot(1, "free vend", ""),
        slot(2, "known cars", &format!("keys = \"{}\"\n", keys.display())),
    );
    let config = site.write("station.toml", &text).display().to_string();
    let open = SlotBoard::plug(&site.path("slot1"));
    let closed = SlotBoard::plug(&site.path("slot2"));
    open.slot.plugged.store(true, SeqCst);
    closed.slot.plugged.store(true, SeqCst);
    let station = site.station(&["--config", &config], Some(&broker.url()));
    Some(Yard {
        air,
        site,
        _operator: operator,
        open,
        closed,
        station,
        server,
        _broker: broker,
    })
}

/// Waits for a word of the station that is as wanted.
fn await_word(car: &PrototypeCar, what: &str, wanted: impl Fn(&Said) -> bool) -> Said {
    let mut found = None;
    wait_until(SOON, what, || {
        found = car.heard().into_iter().find(&wanted);
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn prototype_car_hears_of_its_charge_and_its_stop_moves_no_relay() {
    let Some(yard) = start("legacy = true\n") else {
        return;
    };
    let car = PrototypeCar::on(&yard.air);
    let said = await_word(&car, "a word of a session with energy", |said| {
        said.session != 0 && said.kwh > 0.0
    });
    assert_eq!((said.latitude, said.cost_per_kwh), (12.5, 1.5));
    assert!((said.voltage - 226.1).abs() < 0.1, "{said:?}");
    assert!(!said.is_available);
    let (open, closed) = (&yard.open.slot, &yard.closed.slot);
    let orders = (open.closings.load(SeqCst), open.openings.load(SeqCst));

    car.say_item();
    car.say_status(said.from, said.session, true);
    wait_until(SOON, "the operator's news of the stop", || {
        !rows_with(&yard.server, "legacy_stop_wanted_slot1").is_empty()
    });
    wait_until(SOON, "the car's words at the server", || {
        car.say_status(said.from, said.session, true);
        let rows = rows_with(&yard.server, "legacy_session");
        rows.iter().any(|(_, row)| {
            row["legacy"] == true
                && row["legacy_mac"] == "EC:64:C9:91:B2:90"
                && row["legacy_slot"] == 1
                && row["legacy_soc"] == 72.0
        })
    });
    let later = await_word(&car, "power that flows on", |word| word.kwh > said.kwh);
    assert_eq!((later.session, later.is_available), (said.session, false));
    let now = (open.closings.load(SeqCst), open.openings.load(SeqCst));
    assert_eq!(now, orders, "the open slot's relay was moved");
    assert_eq!(
        closed.closings.load(SeqCst),
        0,
        "the relay closed for a prototype"
    );
    let out = yard.site.out();
    assert_eq!(events(&out, "v2g_car_proven"), 0);
    assert!(receipt(&out).is_none(), "a receipt proves nothing of it");
    assert!(events(&out, "legacy") >= 2, "it is on, and the stop");
    assert!(yard.station.log().contains("legacy mode is on"));

    // The plug is out: there is nobody to speak to.
    open.plugged.store(false, SeqCst);
    wait_until(SOON, "the end of the session", || {
        !rows_with(&yard.server, "session_final_energy_slot1").is_empty()
    });
    yard.station.stop();
}

#[test]
fn station_that_does_not_speak_with_prototypes_answers_them_nothing() {
    let Some(yard) = start("") else {
        return;
    };
    let car = PrototypeCar::on(&yard.air);
    // Longer than three words of a station that speaks.
    wait_until(SOON, "16 s of a session with energy", || {
        car.say_item();
        car.say_status([0xFF; 6], 0, true);
        let rows = rows_with(&yard.server, "session_energy_slot1");
        let mut charging = (rows.iter())
            .filter(|(_, row)| row["session_energy_slot1"] != 0.0)
            .map(|(at, _)| *at);
        let first = charging.next();
        first.is_some_and(|first| charging.any(|at| at > first + 16_000))
    });
    assert_eq!(car.heard(), []);
    assert_eq!(yard.closed.slot.closings.load(SeqCst), 0);
    let out = yard.site.out();
    assert_eq!(events(&out, "legacy"), 0);
    assert!(rows_with(&yard.server, "legacy").is_empty());
    assert!(!yard.station.log().contains("legacy"));
    yard.station.stop();
}
