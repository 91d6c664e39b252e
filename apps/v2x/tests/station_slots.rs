//! A station with two boards of the prototype against a real broker: keys, types, lost ports.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod station_bench;

use serde_json::Value;
use station_bench::board::{Board, Load};
use station_bench::{SOON, Site, await_slot, newest_of, rows_with};
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

/// Slot 1 as the newest firmware sends it, slot 2 as all firmware sends it.
const SLOT_1: &str = "EELAB_EVCS2_slot_1 {st}";
const SLOT_2: &str = "EELAB_EVSE_slot_2 {st}";

/// A key with the type that its value must have.
type Key = (&'static str, fn(&Value) -> bool);

fn is_whole(value: &Value) -> bool {
    value.is_i64() || value.is_u64()
}

/// A number with decimals, as ThingsBoard stores doubles.
fn is_number(value: &Value) -> bool {
    value.is_f64()
}

fn config(site: &Site) -> String {
    let (one, two) = (site.path("slot1"), site.path("slot2"));
    let text = format!(
        "[station]\nname = \"Yard\"\nlatitude = 12.5\nlongitude = -3.25\ncost_per_kwh = 1.50\n\
         row_interval_s = 0.5\ngateway = true\n\
         [[slot]]\nnumber = 1\nname = \"Yard 1\"\nport = \"{}\"\n\
         [[slot]]\nnumber = 2\nname = \"Yard 2\"\nport = \"{}\"\nkind = \"socket\"\n",
        one.display(),
        two.display()
    );
    let path = site.write("station.toml", &text);
    path.display().to_string()
}

#[test]
fn dual_slot_station_sends_every_key_of_the_prototype_and_outlives_a_lost_port() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let site = Site::new();
    let (first, second) = (Load::new(12_345.0), Load::new(7.0));
    let _one = Board::plug(&site.path("slot1"), SLOT_1, &first);
    let mut two = Board::plug(&site.path("slot2"), SLOT_2, &second);
    first.draw(9_410);
    let station = site.station(&["--config", &config(&site)], Some(&broker.url()));

    await_slot(&heard, "Yard 1", "a session at slot 1", |row| {
        row["state"] == "Charging" && row.get("session_energy").is_some_and(|e| *e != 0.0)
    });
    await_slot(&heard, "Yard 2", "a free slot 2", |row| {
        row["state"] == "Available"
    });
    let mut row = None;
    wait_until(SOON, "a row with both slots", || {
        let rows = rows_with(&heard, "voltage_slot2");
        row = rows
            .into_iter()
            .rev()
            .find(|(_, row)| row["active_sessions"] == 1);
        row.is_some()
    });
    check_dual_row(&row.unwrap());

    two.unplug();
    let lost = await_slot(&heard, "Yard 2", "slot 2 without a port", |row| {
        row["state"] == "Unavailable"
    });
    assert_eq!(lost.1["state_reason"], "the port of the meter is gone");
    assert_eq!(lost.1["available"], false);
    wait_until(SOON, "an alarm of slot 2", || {
        let alarms = rows_with(&heard, "alarm_slot2");
        alarms.iter().any(|(_, row)| row["alarm_slot2"] != "none")
    });
    let before = newest_of(&heard, "Yard 1").unwrap().0;
    wait_until(SOON, "slot 1 going on", || {
        newest_of(&heard, "Yard 1").unwrap().0 > before
    });
    let rows = rows_with(&heard, "voltage_slot1");
    let (_, newest) = rows.last().unwrap();
    assert_eq!(newest["slot2_available"], false, "never free while unseen");

    two.plug_again();
    await_slot(&heard, "Yard 2", "slot 2 back", |row| {
        row["state"] == "Available"
    });
    station.stop();
}

/// Names and types of the prototype's dual-slot monitor.
fn check_dual_row((ts, row): &station_bench::Row) {
    let of_station: [Key; 11] = [
        ("timestamp", is_whole),
        ("evcs_name", Value::is_string),
        ("latitude", is_number),
        ("longitude", is_number),
        ("total_slots", is_whole),
        ("cost_per_kwh", is_number),
        ("plug_type", Value::is_string),
        ("fast_charge_support", Value::is_boolean),
        ("total_power", is_number),
        ("active_sessions", is_whole),
        ("available_slots", is_whole),
    ];
    let of_slot: [Key; 10] = [
        ("voltage_slot#", is_number),
        ("current_slot#", is_number),
        ("power_slot#", is_number),
        ("energy_slot#", is_number),
        ("frequency_slot#", is_whole),
        ("power_factor_slot#", is_number),
        ("vehicle_connected_slot#", Value::is_boolean),
        ("session_energy_slot#", is_number),
        ("session_cost_slot#", is_number),
        ("slot#_available", Value::is_boolean),
    ];
    let mut keys = 0;
    let mut check = |key: &str, is_right: fn(&Value) -> bool| {
        let value = row.get(key).unwrap_or_else(|| panic!("{key} is missing"));
        assert!(is_right(value), "{key} is {value}");
        keys += 1;
    };
    for (key, is_right) in of_station {
        check(key, is_right);
    }
    for slot in ["1", "2"] {
        for (key, is_right) in of_slot {
            check(&key.replace('#', slot), is_right);
        }
    }
    assert_eq!(keys, row.len(), "no key beside the prototype's");
    assert_eq!(row["timestamp"].as_i64().unwrap(), ts / 1000);
    assert_eq!(row["voltage_slot1"], 226.1);
    assert_eq!(row["current_slot1"], 9.41);
    assert_eq!(row["current_slot2"], 0.0);
    assert_eq!(row["frequency_slot1"], 50);
    assert_eq!(row["vehicle_connected_slot1"], true);
    assert_eq!(row["slot1_available"], false);
    assert_eq!(row["slot2_available"], true);
}

#[test]
fn single_slot_station_with_the_prototypes_configuration_sends_its_keys() {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let site = Site::new();
    let load = Load::new(500.0);
    let _board = Board::plug(&site.path("slot1"), "EVSE{st}", &load);
    let config = site.write(
        "evcs_config.txt",
        &format!(
            "# EVCS\nbroker_ip=127.0.0.1\nbroker_port={}\ndevice_token=abcdef\ncheck_interval=1\n\
             evcs_name=HELECAR_ChargingStation\nlatitude=12.5\nlongitude=-3.25\n\
             fast_charge=false\nplug_type=Type_F_schuko_3Kwh\ncost_per_kwh=1.50\n\
             number_of_slots=1\nqos=1\n",
            broker.port()
        ),
    );
    let slot = format!("1={}", site.path("slot1").display());
    let config = config.display().to_string();
    let station = site.station(&["--config", &config, "--slot", &slot], None);
    let mut row = None;
    wait_until(SOON, "a row of the only slot", || {
        row = rows_with(&heard, "voltage").into_iter().next_back();
        row.is_some()
    });
    let (_, row) = row.unwrap();
    let keys: [Key; 18] = [
        ("timestamp", is_whole),
        ("evcs_name", Value::is_string),
        ("latitude", is_number),
        ("longitude", is_number),
        ("voltage", is_number),
        ("current", is_number),
        ("power", is_number),
        ("energy", is_number),
        ("frequency", is_whole),
        ("power_factor", is_number),
        ("vehicle_connected", Value::is_boolean),
        ("slots_available", Value::is_boolean),
        ("fast_charge_support", Value::is_boolean),
        ("plug_type", Value::is_string),
        ("cost_per_kwh", is_number),
        ("total_slots", is_whole),
        ("session_energy", is_number),
        ("session_cost", is_number),
    ];
    for (key, is_right) in keys {
        let value = row.get(key).unwrap_or_else(|| panic!("{key} is missing"));
        assert!(is_right(value), "{key} is {value}");
    }
    assert_eq!(row.len(), keys.len(), "no key beside the prototype's");
    assert_eq!(row["evcs_name"], "HELECAR_ChargingStation");
    assert_eq!(row["energy"], 0.5);
    station.stop();
}
