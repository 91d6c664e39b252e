//! PZEM-004T meters on one line, byte for byte, read by the real Modbus path, with their faults.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod station_bench;

use station_bench::pzem::{Bus, Fault, Meter};
use station_bench::{SOON, Site, await_slot, newest_of};
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

fn config(site: &Site) -> String {
    let port = site.path("line").display().to_string();
    let slot = |number: u8, address: u8| {
        format!(
            "[[slot]]\nnumber = {number}\nname = \"Yard {number}\"\nport = \"{port}\"\n\
             source = \"pzem\"\naddress = {address}\npoll_interval_s = 0.5\n\
             start_s = 1.0\nstop_s = 1.0\n"
        )
    };
    let station = "[station]\nname = \"Yard\"\nrow_interval_s = 0.5\ngateway = true\n";
    let text = format!("{station}{}{}", slot(1, 1), slot(2, 5));
    site.write("station.toml", &text).display().to_string()
}

#[test]
fn meters_on_one_line_are_read_and_a_failing_one_stops_only_its_slot() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let site = Site::new();
    // Energy of slot 1 is past 2^16 Wh, where a lost high word would show.
    let (first, second) = (Meter::new(1, 70_000.0), Meter::new(5, 12.0));
    let _bus = Bus::plug(&site.path("line"), &[first.clone(), second.clone()]);
    first.load.draw(9_410);
    let station = site.station(&["--config", &config(&site)], Some(&broker.url()));
    let charging = await_slot(&heard, "Yard 1", "a session at slot 1", |row| {
        row["state"] == "Charging"
    });
    assert_eq!(charging.1["voltage"], 226.1);
    assert_eq!(charging.1["current"], 9.41);
    assert_eq!(charging.1["power_factor"], 0.99);
    assert_eq!(charging.1["frequency"], 50, "whole, as in the prototype");
    assert!(charging.1["energy"].as_f64().unwrap() >= 70.0);
    await_slot(&heard, "Yard 2", "a free slot 2", |row| {
        row["state"] == "Available"
    });

    for fault in [Fault::Damaged, Fault::Cut, Fault::Exception, Fault::Silent] {
        second.fail(fault);
        let asked = second.asked();
        wait_until(SOON, "questions under the fault", || {
            second.asked() > asked + 2
        });
    }
    let silent = await_slot(&heard, "Yard 2", "slot 2 without answers", |row| {
        row["state"] == "Unavailable"
    });
    assert_eq!(silent.1["state_reason"], "the meter is silent");
    assert!(!silent.1.contains_key("voltage"));
    second.fail(Fault::Zeros);
    let zeros = await_slot(&heard, "Yard 2", "slot 2 with zeros", |row| {
        row["meter_verdict"] == "impossible"
    });
    assert_eq!(zeros.1["state"], "Unavailable", "0 V is no free slot");
    second.fail(Fault::None);
    await_slot(&heard, "Yard 2", "slot 2 back", |row| {
        row["state"] == "Available"
    });
    let (_, first_slot) = newest_of(&heard, "Yard 1").unwrap();
    assert_eq!(first_slot["state"], "Charging", "slot 1 went on");
    let log = station.log();
    for why in [
        "damaged on the line",
        "cut or to another",
        "Modbus exception",
        "no mains",
    ] {
        assert!(log.contains(why), "{why} is not in the log:\n{log}");
    }
    station.stop();
}
