//! What `v2x station` costs with 16 slots, and how fast samples become sessions and bills.
//!
//! The daemon reads 16 pseudo-terminals with ten lines of the prototype per second each, keeps
//! its store and uploads to a mosquitto on loopback; the baseline is `cat` copying one such line.
//! Samples are also judged, made into sessions and priced in memory; the baseline is the
//! prototype's arithmetic, end minus start times price.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod processes;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant as Clock};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use v2x_charging::{MeterLimits, MeterSample, SlotConfig};
use v2x_roles::station::{
    Do, PortId, Sessions, SlotNumber, SlotSetup, Station, StationSetup, Tariffs, settle,
};
use v2x_tariff::parse_tariffs;
use v2x_testbench::{Access, Mosquitto};
use v2x_units::{Amps, BootId, Instant, UtcTime, Volts, WattHours};

/// Samples that go through the station in memory.
const SAMPLES: u32 = 1_000_000;
/// As many as a station has.
const SLOTS: u8 = 16;
/// Ten samples per second and slot.
const PERIOD: Duration = Duration::from_millis(100);
/// Before measuring: connections are made and sessions begun.
const WARM_UP: u32 = 80;
/// Periods while measuring: 15 s.
const MEASURED: u32 = 150;
const MAINS: Volts = Volts::new(230.0);

fn main() {
    let ours = time(judge_and_price);
    let naive = time(end_minus_start);
    println!(
        "bench station/million-samples: {:.3} s, {:.4} x end minus start",
        ours.as_secs_f64(),
        naive.as_secs_f64() / ours.as_secs_f64()
    );
    measure_daemon();
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn time(work: impl Fn()) -> Duration {
    let start = Clock::now();
    work();
    start.elapsed()
}

/// The sample of a moment: half an hour of charging, half an hour of nothing, again and again.
fn sample(index: u32, counter: &mut WattHours) -> MeterSample {
    let at = Instant::from_micros(u64::from(index + 1) * 1_000_000);
    let current = Amps::new(if (index / 1800).is_multiple_of(2) {
        9.5
    } else {
        0.0
    });
    *counter += (MAINS * current).over(Duration::from_secs(1));
    MeterSample {
        at,
        voltage: Some(MAINS),
        current: Some(current),
        power: Some(MAINS * current),
        energy: Some(WattHours::new(counter.get().floor())),
        frequency: None,
        power_factor: Some(0.99),
    }
}

/// All samples through one slot, in memory in place of the disk; each session is billed.
fn judge_and_price() {
    let text = "[[tariff]]\nid = \"day\"\nversion = \"1\"\ncurrency = \"MAD\"\n\
                time_zone = \"Africa/Casablanca\"\nper_kwh = 1.50\n\
                [[tariff.period]]\nname = \"night\"\nfrom = \"22:00\"\nto = \"06:00\"\n\
                per_kwh = 1.10\n";
    let tariffs = Tariffs::new(parse_tariffs("tariffs.toml", text).expect("it is right"));
    let number = SlotNumber::new(1).expect("the first slot");
    let setup = StationSetup {
        name: "bench".to_owned(),
        position: None,
        time_zone: "UTC".to_owned(),
        fast_charge: false,
        slots: vec![SlotSetup {
            number,
            name: "bench 1".to_owned(),
            port: PortId(0),
            sessions: Sessions::Computer,
            energy_limit: None,
            config: SlotConfig::ev(),
            limits: MeterLimits::pzem_004t_100a(),
            tariff: "day".to_owned(),
            plug: String::new(),
        }],
    };
    let now = Instant::BOOT;
    let station = Station::new(&setup, tariffs, BootId::new(1), || 7, now);
    let mut station = station.expect("the tariff is there");
    station.clock(now, Some(UtcTime::from_millis(1_756_382_400_000)));
    let mut counter = WattHours::new(10.0);
    let (mut records, mut sessions) = (Vec::new(), 0);
    for index in 0..SAMPLES {
        let sample = sample(index, &mut counter);
        let taken = station.sample(sample.at, PortId(0), None, &sample, None);
        taken.expect("the slot is there");
        loop {
            match station.poll(sample.at) {
                Do::Keep(keep) => {
                    records.push(keep.record);
                    station.persisted(keep.slot, &keep.record);
                    if keep.record.ended.is_some() {
                        let bill = settle(&keep.tariff, &records);
                        black_box(bill.expect("the clock is known"));
                        records.clear();
                        sessions += 1;
                    }
                }
                Do::WakeAt(_) => break,
                Do::Relay { .. } | Do::Tell(..) => {}
            }
        }
        black_box(station.take_values());
    }
    assert!(sessions > 200, "{sessions} sessions");
}

/// What the prototype did.
fn end_minus_start() {
    let (mut counter, mut start, mut cost) = (WattHours::new(10.0), None, 0.0);
    for index in 0..SAMPLES {
        let sample = sample(index, &mut counter);
        let energy = sample.energy.map_or(0.0, WattHours::kilowatt_hours);
        let flows = sample.current.is_some_and(|current| current.get() > 0.5);
        match (flows, start) {
            (true, None) => start = Some(energy),
            (false, Some(begun)) => {
                cost += (energy - begun) * 1.5;
                start = None;
            }
            _ => {}
        }
    }
    black_box(cost);
}

fn measure_daemon() {
    let v2x = processes::build();
    let folder = std::env::temp_dir().join(format!("v2x-station-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let broker = Mosquitto::start(&Access::Everybody);
    if broker.is_none() {
        println!("skipped: uploading (no mosquitto)");
    }
    let mut lines: Vec<_> = (0..SLOTS).map(|_| line()).collect();
    let mut command = Command::new(&v2x);
    command.arg("station").arg("--out").arg(folder.join("out"));
    for (number, (_, path)) in (1..).zip(&lines) {
        command.args(["--slot", &format!("{number}={path}")]);
    }
    if let Some(broker) = &broker {
        command.args(["--mqtt", &broker.url()]);
    }
    let ours = measure(command.stderr(Stdio::null()), &mut lines);
    let copy = File::create(folder.join("copy")).expect("the temporary folder can be written");
    let path = lines[0].1.clone();
    let cat = measure(Command::new("cat").arg(path).stdout(copy), &mut lines);
    println!(
        "bench station/cpu: {:.2} % of a core, {:.2} x cat of one line",
        ours.0,
        cat.0.max(0.05) / ours.0
    );
    println!(
        "bench station/memory: {:.1} MB resident, {:.2} x cat of one line",
        ours.1,
        cat.1 / ours.1
    );
    drop(broker);
    fs::remove_dir_all(&folder).expect("the temporary folder can be removed");
}

/// A pseudo-terminal and the path of its other end.
fn line() -> (File, String) {
    let far_end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
        .expect("the system has pseudo-terminals");
    grantpt(&far_end).expect("our own pseudo-terminal");
    unlockpt(&far_end).expect("our own pseudo-terminal");
    let mut settings = tcgetattr(&far_end).expect("a terminal");
    settings.make_raw();
    tcsetattr(&far_end, OptionalActions::Now, &settings).expect("a terminal");
    rustix::io::ioctl_fionbio(&far_end, true).expect("a terminal");
    let path = ptsname(&far_end, Vec::new()).expect("it has a name");
    (far_end.into(), path.to_string_lossy().into_owned())
}

/// Runs a process while the lines are fed: per cent of a core, and megabytes.
fn measure(command: &mut Command, lines: &mut [(File, String)]) -> (f64, f64) {
    let child = processes::start(command);
    let mut watt_hours = 12_345.0;
    let mut feed = |periods: u32| {
        for _ in 0..periods {
            processes::wait(PERIOD);
            watt_hours += 2127.3 * PERIOD.as_secs_f64() / 3600.0;
            for (file, _) in lines.iter_mut() {
                let kilowatt_hours = f64::floor(watt_hours) / 1000.0;
                let text = format!(
                    "EVSE1 12.500000 -3.250000 226.1 9.41 2127.3 {kilowatt_hours:.3} 50 0.99\r\n"
                );
                // A line that nobody reads takes nothing, which is no fault of the benchmark.
                file.write_all(text.as_bytes()).unwrap_or_default();
            }
        }
    };
    feed(WARM_UP);
    let before = processes::ticks(&child);
    feed(MEASURED);
    let used = (processes::ticks(&child) - before) / processes::TICKS;
    let seconds = PERIOD.as_secs_f64() * f64::from(MEASURED);
    (
        used / seconds * 100.0,
        processes::resident_kb(&child) / 1024.0,
    )
}
