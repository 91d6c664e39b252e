//! The boards as real RISC-V code in an emulator, their line on a pseudo-terminal, against the
//! program; and the same bytes from RISC-V and from this computer.
//!
//! Needs `qemu-system-riscv32` and the target riscv32imac-unknown-none-elf; says so and skips
//! without them. The board's program is built here, so that it is never an old one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it saw"
)]

mod bench;
mod radio_bench;
mod station_bench;
mod virt_bench;

use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bench::car::Car;
use bench::program::run;
use p256::ecdsa::signature::Verifier as _;
use radio_bench::yard::EVSE;
use radio_bench::{Air, Operator, as_signed, neighbours, receipts};
use station_bench::{SOON, Site, Station};
use v2x_boards::stage::{self, CollectorStage, MeterStage, RadioStage, SlotStage, Stage};
use v2x_proto::secure::Credential;
use v2x_recording::Recording;
use v2x_store::V2gReceipt;
use v2x_testbench::wait_until;
use v2x_units::{BootId, CanFrame, CanId, Instant};
use virt_bench::bridge::Bridge;
use virt_bench::{Machine, program};

#[test]
fn riscv_and_host_builds_say_the_same_bytes() {
    let Some(program) = program() else { return };
    let boot = BootId::new(0x5EED_0001);
    let now = Instant::BOOT;
    let boards: [(&str, u32, Box<dyn Stage>); 4] = [
        (
            "collector",
            virt_bench::COLLECTOR_REHEARSAL,
            Box::new(CollectorStage::new(boot, now)),
        ),
        (
            "radio",
            virt_bench::RADIO_REHEARSAL,
            Box::new(RadioStage::new(boot, now)),
        ),
        (
            "slot controller",
            virt_bench::SLOT_REHEARSAL,
            Box::new(SlotStage::new(boot, now)),
        ),
        (
            "slot meter",
            virt_bench::METER_REHEARSAL,
            Box::new(MeterStage::new(boot, now)),
        ),
    ];
    for (name, play, mut board) in boards {
        let mut here: Vec<u8> = Vec::new();
        let length = Duration::from_secs(30);
        stage::rehearse(board.as_mut(), length, &mut |bytes| here.extend(bytes));
        let there = Machine::rehearsal(&program, play);
        println!(
            "{name}: {} bytes here, {} from RISC-V",
            here.len(),
            there.len()
        );
        assert!(here.len() > 4_000, "{name} has something to say");
        let first = here.iter().zip(&there).position(|(a, b)| a != b);
        assert_eq!(first, None, "{name}: the first byte that differs");
        assert_eq!(here.len(), there.len(), "{name}");
    }
}

#[test]
fn vehicle_records_what_a_riscv_collector_says() {
    let Some(program) = program() else { return };
    let (_machine, port) = Machine::live(&program, virt_bench::LIVE_COLLECTOR);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let log = folder.path().join("log");
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_v2x"))
        .arg("vehicle")
        .arg("--collector")
        .arg(&port)
        .arg("--out")
        .arg(&out)
        .stdin(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    // Four data bytes of each frame are its number; the rest of its bytes follow from that.
    wait_until(SOON, "a thousand frames in the raw log", || {
        numbers(&out).len() >= 1000
    });
    let id = rustix::process::Pid::from_child(&daemon);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    wait_until(SOON, "the end of the daemon", || {
        daemon.try_wait().unwrap().is_some()
    });
    let numbers = numbers(&out);
    let said = std::fs::read_to_string(log).unwrap();
    let gap = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1);
    assert_eq!(gap, None, "every frame once and in order: {said}");
    println!(
        "{} frames from RISC-V in the raw log, none missing",
        numbers.len()
    );
}

/// The numbers in the frames of the raw log.
fn numbers(out: &Path) -> Vec<u32> {
    let Ok(folder) = std::fs::read_dir(out) else {
        return Vec::new();
    };
    let mut paths = folder.map(|entry| entry.unwrap().path());
    let Some(log) = paths.find(|path| path.extension().is_some_and(|ending| ending == "log"))
    else {
        return Vec::new();
    };
    let text = std::fs::read(log).unwrap();
    let whole = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let Ok(recording) = Recording::open(BufReader::new(&text[..whole])) else {
        return Vec::new();
    };
    let frames = recording
        .into_frames()
        .unwrap()
        .map(|row| row.unwrap().unwrap());
    frames
        .map(|row| u32::from_be_bytes(*row.frame.data().first_chunk().unwrap()))
        .collect()
}

#[test]
fn charge_at_a_riscv_slot_controller_goes_from_plug_to_receipt() {
    let Some(program) = program() else { return };
    let site = Site::new();
    let (_machine, port) = Machine::live(&program, virt_bench::LIVE_SLOT);
    let station = site.station(&["--slot", &format!("1={}", port.display())], None);
    let mut id = String::new();
    wait_until(SOON, "a session that has ended", || {
        let output = site.session(&["list", "--json"]);
        let sessions: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut sessions = sessions.as_array().into_iter().flatten();
        let ended = sessions.find(|session| session["ended"] == "EVDisconnected");
        id = ended
            .and_then(|session| session["session"].as_str())
            .unwrap_or("")
            .to_owned();
        !id.is_empty()
    });
    let receipt = site.session(&["receipt", &id]);
    let text = String::from_utf8_lossy(&receipt.stdout).into_owned();
    assert!(
        receipt.status.success(),
        "{}",
        String::from_utf8_lossy(&receipt.stderr)
    );
    assert!(text.contains("kWh"), "{text}");
    println!("{text}");
    station.stop();
}

/// A car's battery at 69.42 % with 32.25 A into it, and its speed of 0.
fn standing_car() -> Vec<CanFrame> {
    let frame = |id, data: &[u8]| CanFrame::new(CanId::standard(id).unwrap(), data).unwrap();
    vec![
        frame(0x155, &[0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70]),
        frame(0x5D7, &[0x00, 0x00, 0x00, 0x55, 0x9C, 0x80, 0x00]),
    ]
}

/// A car whose collector is RISC-V code, at the place that its receiver says.
fn car_on(
    program: &Path,
    site: &Site,
    keys: &Path,
    mains: &Arc<AtomicBool>,
) -> (Car, Machine, Bridge) {
    let (machine, terminal) = Machine::live(program, virt_bench::LIVE_COLLECTOR_ON_BUS);
    let port = site.path("collector");
    let bus = standing_car();
    let bridge = Bridge::plug_at(&port, &terminal, None, &bus, Arc::clone(mains));
    let car = Car::new(None);
    car.plug_in(&port);
    car.set_clock("0 ntp");
    car.set("V2X_RADIO_KEYS", keys.to_str().unwrap());
    car.set("V2X_V2G_CALL_WHEN_PARKED", "true");
    (car, machine, bridge)
}

/// Whether the owner of the keys in a folder signed these parts.
fn is_signed_by(folder: &Path, parts: &[&[u8]], signature: &[u8]) -> bool {
    let paper = std::fs::read(folder.join("enrolment.json")).unwrap();
    let paper: serde_json::Value = serde_json::from_slice(&paper).unwrap();
    let digits = paper["credential"].as_str().unwrap().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let credential: Vec<u8> = digits.chunks(2).map(byte).collect();
    let key = Credential::parse(&credential).unwrap().signing_key;
    let signature = p256::ecdsa::Signature::from_slice(signature).unwrap();
    key.verify(&parts.concat(), &signature).is_ok()
}

/// A slot controller that is RISC-V code, with its keys and its radio on the air; and a station
/// whose slot it is.
fn slot_on(program: &Path, site: &Site, air: &Air, keys: &Path) -> (Machine, Bridge, Station) {
    let (machine, terminal) = Machine::live(program, virt_bench::LIVE_SLOT_ON_AIR);
    let port = site.path("slot1");
    let address = [0x02, 0, 0, 0, 0, 0x51];
    let bridge = Bridge::plug(&port, &terminal, Some((air, address)), &[]);
    let (line, folder) = (port.to_str().unwrap(), keys.to_str().unwrap());
    let given = run(&["board", "keys", line, folder]);
    assert_eq!(given.code, Some(0), "{}{}", given.out, given.err);
    let text = format!(
        "[station]\nname = \"Yard\"\nlatitude = 52.5\nlongitude = 13.333333\n\
         cost_per_kwh = 1.50\n[[slot]]\nnumber = 1\nport = \"{line}\"\nsource = \"framed\"\n\
         sessions = \"controller\"\n"
    );
    let config = site.write("station.toml", &text).display().to_string();
    let station = site.station(&["--config", &config], None);
    (machine, bridge, station)
}

/// Waits for the receipt that both ends keep with both signatures, and checks these.
fn await_receipt(site: &Site, car: &Car, of_slot: &Path, of_car: &Path) -> V2gReceipt {
    const STATION: &[u8] = b"twizy-v2x receipt 1\0";
    const CAR: &[u8] = b"twizy-v2x countersignature 1\0";
    let whole = |folder: &Path| {
        let mut receipts = receipts(folder).into_iter();
        receipts.find(|it| it.countersignature.is_some())
    };
    let mut both = None;
    wait_until(
        SOON,
        "the receipt with both signatures at both ends",
        || {
            both = whole(&site.out()).zip(whole(&car.out()));
            both.is_some()
        },
    );
    let (ours, theirs) = both.unwrap();
    assert_eq!(as_signed(&ours), theirs, "both keep the same");
    let parts = [STATION, &ours.receipt];
    assert!(is_signed_by(of_slot, &parts, &ours.signature));
    assert!(!is_signed_by(of_car, &parts, &ours.signature));
    let by_car = ours.countersignature.as_ref().unwrap();
    let parts = [CAR, &ours.receipt, &ours.signature];
    assert!(is_signed_by(of_car, &parts, by_car));
    ours
}

#[test]
fn charge_through_riscv_boards_goes_from_plug_to_countersigned_receipt() {
    let Some(program) = program() else { return };
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let (of_slot, of_car) = (operator.slot(EVSE), operator.car("CAR-7"));
    let (_slot, line, station) = slot_on(&program, &site, &air, &of_slot);
    let (car, _collector, _bus) = car_on(&program, &site, &of_car, &line.mains);
    car.set("V2X_RADIO_AIR", "udp");
    car.set("V2X_RADIO_UDP_GROUP", &air.group);
    let daemon = car.start();

    let receipt = await_receipt(&site, &car, &of_slot, &of_car);
    let names = (receipt.evse.as_str(), receipt.evcc.as_str());
    assert_eq!(names, (EVSE, "CAR-7"));
    // 9.4 A at 230 V flow for 20 s.
    let energy = receipt.energy.unwrap().get();
    assert!((9.0..=14.0).contains(&energy), "{energy} Wh");

    let mut booked = serde_json::Value::Null;
    wait_until(SOON, "the session in the station's books", || {
        let said = site.session(&["list", "--json"]).stdout;
        let sessions: serde_json::Value = serde_json::from_slice(&said).unwrap_or_default();
        booked = sessions[0].clone();
        booked["ended"].is_string()
    });
    let in_books = booked["energy_wh"].as_f64().unwrap();
    assert!((in_books - energy).abs() < 0.5, "{in_books} and {energy}");
    let id = booked["session"].as_str().unwrap();
    let bill = site.session(&["receipt", id]).stdout;
    println!(
        "{energy} Wh, {} in both stores, signed by the controller and by the car\n{}",
        receipt.cost.as_deref().unwrap_or("no cost"),
        String::from_utf8_lossy(&bill)
    );
    assert!(daemon.stop().success());
    station.stop();
}

#[test]
fn car_on_a_riscv_radio_is_believed_by_another_car_and_hears_it() {
    let Some(program) = program() else { return };
    let (air, site, operator) = (Air::new(), Site::new(), Operator::new());
    let (_machine, terminal) = Machine::live(&program, virt_bench::LIVE_RADIO_ON_AIR);
    let radio = site.path("radio");
    let address = [0x02, 0, 0, 0, 0, 0x77];
    let _bridge = Bridge::plug(&radio, &terminal, Some((&air, address)), &[]);
    let (car, _collector, _bus) = car_on(&program, &site, &operator.car("CAR-1"), &Arc::default());
    car.set("V2X_RADIO_PORT", radio.to_str().unwrap());
    let first = car.start();
    let other = Car::new(None);
    let bus = radio_bench::car_bus::CarBus::plug(&site.path("other"), 52.5, 13.333_333);
    other.plug_in(&site.path("other"));
    other.set_clock("0 ntp");
    air.give_to(&other, &operator.car("CAR-2"));
    let second = other.start();
    let folders = [car.out(), other.out()];
    wait_until(SOON, "a believed neighbour on both sides", || {
        folders.iter().all(|folder| !neighbours(folder).is_empty())
    });
    assert!(first.stop().success() && second.stop().success());
    drop(bus);
}

#[test]
fn station_reads_a_riscv_slot_meter() {
    let Some(program) = program() else { return };
    let site = Site::new();
    let (_machine, port) = Machine::live(&program, virt_bench::LIVE_METER);
    let station = site.station(&["--slot", &format!("1={}", port.display())], None);
    wait_until(SOON, "a session of what it draws", || {
        let said = site.session(&["list", "--json"]).stdout;
        let sessions: serde_json::Value = serde_json::from_slice(&said).unwrap_or_default();
        sessions[0]["energy_wh"].as_f64().is_some()
    });
    station.stop();
}
