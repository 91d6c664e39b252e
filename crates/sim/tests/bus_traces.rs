//! The simulated car's bus against six traces of a real one: cycle times, states and their order;
//! every frame known, also to cantools.
//!
//! The traces lie in `V2X_SHARED` (see CONTRIBUTING.md) and were recorded by somebody else.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "a test says what it skips")]

mod shared;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use shared::{Frame, Trace};
use v2x_can::{History, Outcome};
use v2x_sim::bus::{BusLayout, BusMode, Power, Sequence};
use v2x_sim::car::{Car, Past, Socket};
use v2x_sim::chance::Seed;
use v2x_sim::driver::{Driver, DriverKind};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::twizy::{Battery, Spec, Twizy};
use v2x_units::Instant;

const TICK: Duration = Duration::from_millis(10);
const SOCKET: Socket = Socket {
    voltage: 230.0,
    current_limit: 13.0,
};

/// A car with everything that it said.
struct Told {
    car: Car,
    layout: Arc<BusLayout>,
    town: Town,
    now: Instant,
    frames: Vec<Frame>,
}

impl Told {
    fn new(percent: f64) -> Self {
        let town = Town::from_toml("halfway.toml", HALFWAY).unwrap();
        let layout = BusLayout::renault_twizy();
        let battery = Battery::new(percent, 0.97, 20.0, &mut Seed(1).stream("cells"));
        let past = Past {
            odometer: 42_207.3,
            serial: 0x123_4567,
            minutes: 96_000.0,
        };
        let yard = town.way(&["yard", "gate"]).unwrap().place(0.0);
        let twizy = Twizy::new(Spec::TWIZY_80, battery, 20.0);
        let car = Car::new(Arc::clone(&layout), twizy, past, yard);
        Self {
            car,
            layout,
            town,
            now: Instant::BOOT,
            frames: Vec::new(),
        }
    }

    fn tick(&mut self) {
        self.now = self.now + TICK;
        let frames = &mut self.frames;
        self.car
            .run(self.now, None, |at, frame| frames.push((at, frame)));
    }

    fn run(&mut self, seconds: f64) -> &mut Self {
        let end = self.now + Duration::from_secs_f64(seconds);
        while self.now < end {
            self.tick();
        }
        self
    }

    fn until(&mut self, what: &str, so: impl Fn(&Car) -> bool) -> &mut Self {
        let end = self.now + Duration::from_secs(3600);
        while !so(&self.car) {
            assert!(self.now < end, "{what} does not come");
            self.tick();
        }
        self
    }

    fn set_off(&mut self) -> &mut Self {
        let way = self.town.way(&["yard", "chapel"]).unwrap();
        let driver = Driver::new(DriverKind::Gentle, &way, &mut Seed(1).stream("driver"));
        self.car.set_off(self.now, way, driver, 0.0);
        self
    }

    /// What was said since so long ago, with times from then on.
    fn since(&self, from: Instant) -> Trace {
        let frames = self.frames.iter().filter(|(at, _)| *at >= from);
        Trace(
            frames
                .map(|(at, frame)| (Instant::BOOT + at.since(from), *frame))
                .collect(),
        )
    }
}

/// The key is turned; in the trace nobody touches a pedal yet.
fn drive_start() -> Trace {
    let mut told = Told::new(92.0);
    let from = told.now;
    told.car.bus.begin(from, Sequence::DriveStart);
    told.run(5.0);
    told.since(from)
}

fn drive_end() -> Trace {
    let mut told = Told::new(92.0);
    told.set_off().until("the end of the way", Car::has_arrived);
    told.run(0.3);
    let from = told.now;
    told.car.switch_off(from);
    told.run(10.3);
    told.since(from)
}

fn charge_start() -> Trace {
    let mut told = Told::new(92.0);
    told.car.set_socket(Some(SOCKET));
    told.tick();
    let from = told.now;
    told.run(11.3);
    told.since(from)
}

fn charge_end() -> Trace {
    let mut told = Told::new(99.4);
    told.car.set_socket(Some(SOCKET));
    let ends = BusMode::Running(Sequence::ChargeEnd);
    told.until("a full battery", |car| car.bus.mode() == ends);
    let from = told.now;
    told.run(1.6);
    told.since(from)
}

fn trickle(start: bool) -> Trace {
    let mut told = Told::new(92.0);
    let now = told.now;
    told.car.bus.begin(now, Sequence::TrickleStart);
    if start {
        return told.run(1.69).since(now);
    }
    told.run(5.0);
    let now = told.now;
    told.car.bus.begin(now, Sequence::TrickleEnd);
    told.run(1.2).since(now)
}

/// A trace and how it is played.
type Played = (&'static str, fn() -> Trace);

const TRACES: [Played; 6] = [
    ("init_drv", drive_start),
    ("end_drv", drive_end),
    ("init_chg", charge_start),
    ("end_chg", charge_end),
    ("init_trc", || trickle(true)),
    ("end_trc", || trickle(false)),
];

/// How far a state may come from its time in the trace: one turn of the sender and a little more,
/// because most traces have no times of their own (see `shared`).
const STATE_TOLERANCE: Duration = Duration::from_millis(150);

#[test]
fn states_at_start_end_charge_and_trickle_come_in_the_order_and_at_the_times_of_the_traces() {
    for (name, play) in TRACES {
        let Some(real) = shared::trace(name) else {
            return;
        };
        let played = play();
        for (message, bytes) in shared::STATE_BYTES {
            let (real, ours) = (real.states(*message, bytes), played.states(*message, bytes));
            let words = |states: &[(Instant, String)]| {
                states
                    .iter()
                    .map(|(_, state)| state.clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(words(&ours), words(&real), "{name}: {message:03X}");
            // What was already so when the trace of an end began has no time.
            let known = usize::from(name.starts_with("end"));
            for ((at, state), (real_at, _)) in ours.iter().zip(&real).skip(known) {
                let apart = at.since(*real_at).max(real_at.since(*at));
                assert!(
                    apart < STATE_TOLERANCE,
                    "{name}: {message:03X} {state} at {at:?}, in the trace at {real_at:?}"
                );
            }
        }
    }
}

#[test]
fn every_cycle_time_of_the_trace_is_kept_within_three_percent() {
    let Some(real) = shared::trace("init_drv") else {
        return;
    };
    let ours = drive_start();
    let (real, ours) = (real.cycles(), ours.cycles());
    let names: Vec<_> = real.keys().collect();
    assert_eq!(names, ours.keys().collect::<Vec<_>>(), "the same messages");
    for (id, cycle) in &real {
        let ratio = ours[id] / cycle;
        println!(
            "{id:03X}: {:.1} ms in the trace, {:.1} ms ours",
            cycle * 1e3,
            ours[id] * 1e3
        );
        assert!(
            (0.97..1.03).contains(&ratio),
            "{id:03X}: {cycle} s, ours {} s",
            ours[id]
        );
    }
}

#[test]
fn frames_a_second_are_those_of_the_trace() {
    let Some(real) = shared::trace("init_drv") else {
        return;
    };
    let count = |trace: &Trace| {
        let last = trace
            .0
            .iter()
            .filter(|(at, _)| *at >= Instant::from_micros(3_000_000));
        let until = last.filter(|(at, _)| *at < Instant::from_micros(4_900_000));
        until.count()
    };
    let (real, ours) = (count(&real), count(&drive_start()));
    println!("{real} frames in 1.9 s of the trace, {ours} ours");
    assert!(real.abs_diff(ours) * 50 <= real, "{real} and {ours}");
}

#[test]
fn charging_current_comes_up_as_in_the_trace() {
    let Some(real) = shared::trace("init_chg") else {
        return;
    };
    let layout = BusLayout::renault_twizy();
    let decoder = layout.decoder();
    let currents = |trace: &Trace| {
        let mut history = History::new(decoder);
        let mut seen = Vec::new();
        for (at, frame) in &trace.0 {
            decoder.decode(&mut history, *at, frame, |signal, value| {
                if decoder.info(signal).qualified == "BMS_Power.BatteryCurrent" {
                    seen.push((*at, value));
                }
            });
        }
        let first = |least: f64| seen.iter().find(|(_, amps)| *amps >= least).unwrap().0;
        (
            first(31.0).since(first(2.0)).as_secs_f64(),
            seen.last().unwrap().1,
        )
    };
    let ((real, real_last), (ours, last)) = (currents(&real), currents(&charge_start()));
    println!("2 to 31 A in {real:.2} s in the trace, {ours:.2} s ours; then {real_last}, {last} A");
    assert!((ours - real).abs() < 0.15, "{real} s, ours {ours} s");
    assert!(
        (last - real_last).abs() <= 0.25,
        "{real_last} A, ours {last} A"
    );
}

/// A whole day: drive, park, charge until full, unplug, trickle, drive with an empty end.
fn day() -> Told {
    let mut told = Told::new(97.0);
    told.set_off().until("the end of the way", Car::has_arrived);
    let now = told.now;
    told.car.switch_off(now);
    told.run(15.0);
    assert_eq!(told.car.bus.mode(), BusMode::Asleep);
    told.car.set_socket(Some(SOCKET));
    let over = BusMode::After(Sequence::ChargeEnd);
    told.until("a full battery", |car| car.bus.mode() == over);
    told.car.set_socket(None);
    told.until("sleep", |car| car.bus.mode() == BusMode::Asleep);
    let now = told.now;
    told.car.bus.begin(now, Sequence::TrickleStart);
    told.run(5.0);
    let now = told.now;
    told.car.bus.begin(now, Sequence::TrickleEnd);
    told.run(5.0);
    told.set_off()
        .until("the drive", |car| car.bus.power() == Power::Drive);
    told.run(10.0);
    told
}

#[test]
fn every_frame_of_a_day_is_known_whole_and_in_range() {
    let told = day();
    assert_eq!(told.car.bus.misfits(), 0);
    let decoder = told.layout.decoder();
    let mut history = History::new(decoder);
    let mut ids = BTreeMap::<u32, usize>::new();
    for (at, frame) in &told.frames {
        let outcome = decoder.decode(&mut history, *at, frame, |signal, value| {
            let info = decoder.info(signal);
            let expected = info.minimum..=info.maximum;
            assert!(expected.contains(&value), "{} is {value}", info.qualified);
        });
        assert_eq!(outcome, Outcome::Decoded, "{frame:?}");
        *ids.entry(frame.id().raw()).or_default() += 1;
    }
    let cyclic = decoder.messages().filter(|message| message.cycle.is_some());
    // All cyclic messages but the one of a foreign battery management.
    assert_eq!(ids.len(), cyclic.count() - 1, "{ids:?}");
    assert!(told.frames.len() > 50_000, "{}", told.frames.len());
}

#[test]
fn cantools_decodes_every_frame_of_a_day_to_the_same_values() {
    let Some(folder) = shared::folder() else {
        return;
    };
    let python = std::env::var("V2X_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut import = Command::new(&python);
    import.args(["-c", "import cantools"]).stderr(Stdio::null());
    if !import.status().is_ok_and(|status| status.success()) {
        assert!(!shared::is_required(), "{python} has no cantools");
        println!("skipped: no cantools");
        return;
    }
    let told = day();
    let decoder = told.layout.decoder();
    let mut history = History::new(decoder);
    let mut lines = String::new();
    // Charging takes long and says the same: every seventh frame is enough of it.
    let frames: Vec<_> = told.frames.iter().step_by(7).collect();
    for (at, frame) in &frames {
        lines.push_str(&shared::reference_line(decoder, &mut history, *at, frame));
    }
    let can = Path::new(env!("CARGO_MANIFEST_DIR")).join("../can/tests/cantools_reference.py");
    let mut reference = Command::new(&python)
        .arg(can)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interfaces/dbc/renault_twizy.dbc"))
        .arg(folder.join("reference/renault_twizy.facts.csv"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let fed = reference.stdin.take().unwrap().write_all(lines.as_bytes());
    let output = reference.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success() && fed.is_ok(), "{said}");
    assert!(
        said.starts_with(&format!("frames {} ", frames.len())),
        "{said}"
    );
}
