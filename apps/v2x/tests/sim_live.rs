//! Three cars and a station with two slots on this computer alone: `v2x sim live` plays boards,
//! roads and air; `v2x vehicle` and `v2x station` are what they always are, and so is the broker.
//!
//! It lasts as long as its scenario, about a minute: a drive, a hard braking and a
//! charge take their time where daemons with real clocks look on. It is played twice beside each
//! other: over the air of UDP multicast, and over the radio boards of the world, whose programs
//! run behind pseudo-terminals and reach as far as ESP-NOW does.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and shows what was told"
)]

mod bench;
mod radio_bench;
mod station_bench;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bench::car::{Car, Daemon};
use bench::program::{Process, v2x};
use radio_bench::{Air, Operator, as_signed, events, receipt};
use station_bench::{SOON, Site, Station, rows_with};
use v2x_testbench::{Access, Mosquitto, Subscriber, wait_until};

const SCENARIO: &str = "demo";
const EVSE: [&str; 2] = ["HW*HEL*E0001*1", "HW*HEL*E0001*2"];

/// The simulator as a process; ends with its test.
struct World {
    _process: Process,
    ports: PathBuf,
    told: PathBuf,
}

impl World {
    fn start(site: &Site) -> Self {
        let (ports, told) = (site.path("ports"), site.path("told"));
        let mut command = v2x();
        command
            .args(["sim", "live", SCENARIO, "--seed", "1", "--dir"])
            .arg(&ports);
        command.stdout(File::create(&told).unwrap());
        let world = Self {
            _process: Process::start(&mut command),
            ports,
            told,
        };
        wait_until(SOON, "the boards' lines", || {
            world.port("station.radio").exists()
        });
        world
    }

    fn port(&self, name: &str) -> PathBuf {
        self.ports.join(name)
    }

    fn has_told(&self, what: &str) -> bool {
        fs::read_to_string(&self.told).unwrap().contains(what)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", fs::read_to_string(&self.told).unwrap_or_default());
        }
    }
}

/// What computers speak through.
enum Radio {
    Udp(Air),
    /// The world's own boards.
    Boards,
}

impl Radio {
    fn give_to(&self, car: &Car, world: &World, name: &str, keys: &Path) {
        match self {
            Self::Udp(air) => air.give_to(car, keys),
            Self::Boards => {
                let port = world.port(&format!("{name}.radio"));
                car.set("V2X_RADIO_PORT", port.to_str().unwrap());
                car.set("V2X_RADIO_KEYS", keys.to_str().unwrap());
            }
        }
    }

    fn table(&self, world: &World) -> String {
        match self {
            Self::Udp(air) => air.table(),
            Self::Boards => {
                let port = world.port("station.radio");
                format!("[radio]\nport = \"{}\"\n", port.display())
            }
        }
    }
}

fn start_car(world: &World, radio: &Radio, name: &str, keys: &Path, broker: &str) -> (Car, Daemon) {
    let car = Car::new(Some(broker.to_owned()));
    car.plug_in(&world.port(&format!("{name}.collector")));
    radio.give_to(&car, world, name, keys);
    let daemon = car.start();
    (car, daemon)
}

fn start_station(
    world: &World,
    site: &Site,
    radio: &Radio,
    keys: &[PathBuf],
    broker: &str,
) -> Station {
    let mut text = format!(
        "[station]\nname = \"Yard\"\nlatitude = 44.0\nlongitude = -30.0\ncost_per_kwh = 1.50\n\
         row_interval_s = 0.5\n{}",
        radio.table(world)
    );
    for (slot, keys) in (1..).zip(keys) {
        text += &format!(
            "[[slot]]\nnumber = {slot}\nport = \"{}\"\nsource = \"framed\"\nrelay = true\n\
             start_s = 1.0\nkeys = \"{}\"\n",
            world.port(&format!("slot{slot}")).display(),
            keys.display()
        );
    }
    let config = site.write("station.toml", &text).display().to_string();
    site.station(&["--config", &config], Some(broker))
}

#[test]
fn drive_hard_braking_and_charge_of_a_simulated_town_reach_warning_receipt_and_broker() {
    drive_brake_and_charge(&Radio::Udp(Air::new()));
}

#[test]
fn the_same_comes_about_over_the_radio_boards_of_the_town() {
    drive_brake_and_charge(&Radio::Boards);
}

fn drive_brake_and_charge(radio: &Radio) {
    let Some(broker) = Mosquitto::start(&Access::Everybody) else {
        return;
    };
    let heard = Subscriber::start(broker.port());
    let (site, operator) = (Site::new(), Operator::new());
    let world = World::start(&site);
    let start = |name: &str| {
        let keys = operator.car(&name.to_uppercase());
        start_car(&world, radio, name, &keys, &broker.url())
    };
    let (_alpha, of_alpha) = start("alpha");
    let (beta, of_beta) = start("beta");
    let (gamma, of_gamma) = start("gamma");
    let keys = ["slot1", "slot2"].into_iter().zip(EVSE);
    let keys: Vec<_> = keys
        .map(|(folder, name)| operator.slot_in(folder, name))
        .collect();
    let station = start_station(&world, &site, radio, &keys, &broker.url());

    wait_until(SOON, "the hard braking", || {
        world.has_told("brakes as hard")
    });
    let beta_out = beta.written().folder().to_owned();
    wait_until(SOON, "the warning in the other car", || {
        events(&beta_out, "v2v_warning") > 0
    });
    wait_until(SOON, "the plug", || {
        world.has_told("gamma: is plugged into slot 1")
    });
    wait_until(SOON, "the end of the charge", || {
        world.has_told("gamma: is unplugged")
    });
    wait_until(SOON, "the way home", || {
        world.has_told("gamma: sets off with")
    });

    let gamma_out = gamma.written().folder().to_owned();
    let countersigned = |folder: &Path| receipt(folder).filter(|it| it.countersignature.is_some());
    wait_until(SOON, "the receipt at both ends", || {
        countersigned(&site.out()).is_some() && countersigned(&gamma_out).is_some()
    });
    let (ours, theirs) = (receipt(&site.out()).unwrap(), receipt(&gamma_out).unwrap());
    assert!(ours.transaction.is_some(), "{ours:?}");
    assert_eq!(as_signed(&ours), theirs);
    assert_eq!((ours.evse.as_str(), ours.evcc.as_str()), (EVSE[0], "GAMMA"));
    // Some 20 s at about 2.1 kW.
    let energy = ours.energy.unwrap().get();
    assert!((5.0..25.0).contains(&energy), "{energy} Wh");

    wait_until(SOON, "the drive at the broker", || {
        let rows = rows_with(&heard, "motor_speed");
        rows.iter().any(|(_, row)| {
            row["motor_speed"]
                .as_f64()
                .is_some_and(|speed| speed > 25.0)
        })
    });
    wait_until(SOON, "the receipt at the broker", || {
        let rows = rows_with(&heard, "v2g_countersigned_slot1");
        rows.iter()
            .any(|(_, row)| row["v2g_countersigned_slot1"] == true)
    });
    assert!(of_alpha.stop().success());
    assert!(of_beta.stop().success());
    assert!(of_gamma.stop().success());
    station.stop();
}
