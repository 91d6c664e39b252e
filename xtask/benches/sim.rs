//! How fast the simulator plays worlds on one core, and what a car takes of memory.
//!
//! | figure | world | baseline in the same run |
//! |---|---|---|
//! | `sim/full-can` | 100 cars with their full CAN traffic, boards and computers | the same cars' physics and buses alone |
//! | `sim/signals` | 1,000 cars and 50 stations at signal level, V2V signed by marked fakes | `sim/full-can`, by cars and seconds |
//! | `sim/signatures` | 20 cars close together with real signatures | the same with marked fakes |
//! | `sim/memory` | bytes of a car of `sim/full-can`: the most that is held, less that of a world with one car | its computers' decoder and mapping, once |
//!
//! Times are the thread's own processor time: others on the machine do not count. The town of
//! `sim/signals` is a grid of streets, 6 by 6 km, so that a car hears as many others as in a town.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]
#![expect(
    unsafe_code,
    reason = "the allocator counts what is held, around the system's own"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use v2x_sim::bus::BusLayout;
use v2x_sim::car::{Car, Past};
use v2x_sim::chance::Seed;
use v2x_sim::driver::{Driver, DriverKind};
use v2x_sim::hardware::{Detail, TICK};
use v2x_sim::town::{HALFWAY, Town};
use v2x_sim::twizy::{Battery, Spec, Twizy};
use v2x_sim::world::campaign::{self, Campaign};
use v2x_sim::world::{Run, Signatures, play};
use v2x_units::Instant;

/// Counts the bytes that are held, and the most of them.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it hands every request on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Seconds of this thread's processor time that something takes.
fn seconds(work: impl FnOnce()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = u64::try_from(time.tv_sec).expect("processor time is not negative");
        let nanos = u32::try_from(time.tv_nsec).expect("nanoseconds are below 10^9");
        Duration::new(seconds, nanos)
    };
    let begun = now();
    work();
    (now() - begun).as_secs_f64()
}

/// When receivers know where they are, s.
const COLD_START_S: f64 = 2.0;
/// The way of cars that are close together, and the metres between two of them.
const CLOSE: [&str; 4] = ["west_end", "chapel", "gate", "circle_west"];
const CLOSE_M: f64 = 15.0;

/// What is played.
#[derive(Clone, Copy)]
struct World {
    cars: usize,
    stations: usize,
    virtual_seconds: f64,
    detail: Detail,
    signatures: Signatures,
    /// Whether all drive on one way, one behind the other.
    is_close: bool,
}

impl World {
    /// Processor seconds that it takes.
    fn costs(self, town: &Town) -> f64 {
        let seed = Seed(1);
        // An hour is planned, of which the beginning is played. In a campaign one car after the
        // other sets off; here all do at once, with receivers that soon know where they are.
        let mut scenario = campaign::scenario(
            town,
            seed,
            Campaign {
                cars: self.cars,
                stations: self.stations,
                slots: self.stations * 2,
                seconds: 3600.0,
                faults: false,
            },
        );
        scenario.gnss.cold_start_s = COLD_START_S;
        for (place, car) in scenario.cars.iter_mut().enumerate() {
            car.sets_off_s = 0.0;
            if self.is_close {
                car.route = CLOSE.map(str::to_owned).to_vec();
                car.starts_at_m = u32::try_from(place).map_or(0.0, f64::from) * CLOSE_M;
            }
        }
        let run = Run {
            seed,
            length: Duration::from_secs_f64(self.virtual_seconds),
            detail: self.detail,
            signatures: self.signatures,
            cams_per_second: None,
            threads: 1,
            defect: None,
        };
        seconds(|| {
            let report = play(town.clone(), &scenario, run);
            let report = report.expect("the campaign is drawn from this town");
            let cars = u64::try_from(self.cars).unwrap_or(u64::MAX);
            assert!(report.frames > 100 * cars, "only {} frames", report.frames);
            assert!(report.cams_sent > cars, "only {} CAMs", report.cams_sent);
        })
    }

    /// The same per virtual second, without what building the world takes.
    fn per_second(self, town: &Town) -> f64 {
        let long = self.costs(town);
        let short = World {
            virtual_seconds: self.virtual_seconds / 4.0,
            ..self
        };
        (long - short.costs(town)) / (self.virtual_seconds * 0.75)
    }

    /// The most bytes that are held while it is played.
    fn holds(self, town: &Town) -> usize {
        let before = HELD.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        self.costs(town);
        MOST.load(Ordering::Relaxed) - before
    }
}

fn halfway() -> Town {
    Town::from_toml("halfway.toml", HALFWAY).expect("a test reads the map of this repository")
}

/// A grid of streets, so many crossings to a side and 200 m apart.
fn grid(side: usize) -> Town {
    let mut text = "name = \"Grid\"\norigin = { latitude = 44.0, longitude = -30.0 }\n\
                    station = \"n0_0\"\n[nodes]\n"
        .to_owned();
    for east in 0..side {
        for north in 0..side {
            let (x, y) = (east * 200, north * 200);
            // A String takes everything.
            let _written = writeln!(
                text,
                "n{east}_{north} = {{ east = {x}, north = {y}, height = 10 }}"
            );
        }
    }
    for line in 0..side {
        let names = |name: &dyn Fn(usize) -> String| {
            let names: Vec<_> = (0..side).map(name).collect();
            names.join("\", \"")
        };
        let rows = names(&|at| format!("n{at}_{line}"));
        let columns = names(&|at| format!("n{line}_{at}"));
        for nodes in [rows, columns] {
            let _written = writeln!(text, "[[roads]]\nlimit = 50\nnodes = [\"{nodes}\"]");
        }
    }
    Town::from_toml("grid.toml", &text).expect("a grid is a map")
}

/// Processor seconds per virtual second of the physics and buses of so many cars, nothing else.
fn bare(cars: usize, virtual_seconds: f64) -> f64 {
    let town = halfway();
    let layout = BusLayout::renault_twizy();
    let way = town.way(&[
        "west_end",
        "gate",
        "circle_west",
        "hill",
        "market",
        "west_end",
    ]);
    let way = way.expect("these are places of the town");
    let mut chance = Seed(1).stream("bench");
    let mut driving: Vec<_> = (0..cars)
        .map(|index| {
            let battery = Battery::new(80.0, 0.95, 18.0, &mut chance);
            let past = Past {
                odometer: 1000.0,
                serial: 1,
                minutes: 1000.0,
            };
            let twizy = Twizy::new(Spec::TWIZY_80, battery, 18.0);
            let from = 2.0 * u32::try_from(index).map_or(0.0, f64::from);
            let mut car = Car::new(Arc::clone(&layout), twizy, past, way.place(from));
            let driver = Driver::new(DriverKind::Gentle, &way, &mut chance);
            car.set_off(Instant::BOOT, way.clone(), driver, from);
            car
        })
        .collect();
    let mut frames = 0_u64;
    let spent = seconds(|| {
        let mut now = Instant::BOOT;
        while now.since(Instant::BOOT).as_secs_f64() < virtual_seconds {
            now = now + TICK;
            for car in &mut driving {
                car.run(now, None, |_, _| frames += 1);
            }
        }
    });
    assert!(frames > 0, "no bus spoke");
    spent / virtual_seconds
}

/// 100 cars with all their traffic, in the town of the demo.
const FULL: World = World {
    cars: 100,
    stations: 2,
    virtual_seconds: 40.0,
    detail: Detail::Frames,
    signatures: Signatures::MarkedFake,
    is_close: false,
};

/// `full-can`; gives what it costs.
fn full_can(town: &Town) -> f64 {
    let (full, bare) = (FULL.per_second(town), bare(FULL.cars, FULL.virtual_seconds));
    println!(
        "bench sim/full-can: {:.2} x real time, {:.3} x physics and buses alone",
        1.0 / full,
        bare / full
    );
    full
}

fn signals(full: f64) {
    let signals = World {
        cars: 1000,
        stations: 50,
        detail: Detail::Signals,
        ..FULL
    };
    let cost = signals.per_second(&grid(30));
    println!(
        "bench sim/signals: {:.2} x real time, {:.1} x full-can per car",
        1.0 / cost,
        (full / 100.0) / (cost / 1000.0)
    );
}

fn signatures(town: &Town) {
    let close = World {
        cars: 20,
        stations: 1,
        virtual_seconds: 60.0,
        is_close: true,
        ..FULL
    };
    let fake = close.per_second(town);
    let real = World {
        signatures: Signatures::Real,
        ..close
    };
    let real = real.per_second(town);
    println!(
        "bench sim/signatures: {:.2} x real time, {:.3} x marked fakes",
        1.0 / real,
        fake / real
    );
}

fn memory(town: &Town) {
    let short = World {
        virtual_seconds: 20.0,
        ..FULL
    };
    let one = World { cars: 1, ..short };
    let (many, one) = (short.holds(town), one.holds(town));
    let per_car = (many - one) / 99;
    println!(
        "bench sim/memory: {} bytes per car, {:.2} x a world of one car",
        per_car,
        mega(one) / mega(per_car)
    );
}

fn main() {
    // `cargo test --benches` runs this program too; only `cargo bench` asks for figures.
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    // Without a name all of them.
    let names: Vec<_> = arguments.iter().filter(|it| !it.starts_with('-')).collect();
    let asks = |name: &str| names.is_empty() || names.iter().any(|it| *it == name);
    let town = halfway();
    let full = if asks("full-can") || asks("signals") {
        full_can(&town)
    } else {
        0.0
    };
    if asks("signals") {
        signals(full);
    }
    if asks("signatures") {
        signatures(&town);
    }
    if asks("memory") {
        memory(&town);
    }
}

/// Bytes as megabytes.
fn mega(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from) / 1e6
}
