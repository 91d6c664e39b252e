//! The GNSS receiver at the collector: fixes, faults of the line, receivers that do not obey.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use std::collections::VecDeque;

use bench::{Computer, at, fix, identity, memory, sentence, settings};
use v2x_boards::collector::{self, CanQueue, Collector, Input, Output};
use v2x_proto::link::message::BoardKind;
use v2x_units::Instant;

/// A collector with its receiver, and the clock of both.
struct World {
    board: Collector,
    memory: bench::TestMemory,
    frames: CanQueue<16>,
    computer: Computer,
    now: u64,
    /// The rate the board listens at.
    baud: u32,
    /// What it told the receiver.
    told: VecDeque<Vec<u8>>,
}

impl World {
    fn new(values: &[(&str, &str)]) -> Self {
        let mut memory = memory();
        let settings = settings(collector::SETTINGS, values, &mut memory);
        let identity = identity(BoardKind::Collector);
        Self {
            board: Collector::new(identity, settings, None, Instant::BOOT),
            memory,
            frames: CanQueue::new(),
            computer: Computer::new(),
            now: 0,
            baud: 0,
            told: VecDeque::new(),
        }
    }

    /// Lets time pass in steps of 50 ms.
    fn pass(&mut self, millis: u64) {
        for _ in 0..millis / 50 {
            self.now += 50;
            loop {
                match self.board.poll(at(self.now), &mut self.frames) {
                    Output::GnssBaud(baud) => self.baud = baud,
                    Output::GnssWrite(bytes) => self.told.push_back(bytes.to_vec()),
                    Output::WakeAt(_) => break,
                    Output::BitRate(_) | Output::Restart => {}
                }
            }
            self.computer.drain(self.board.chassis_mut());
        }
    }

    /// The receiver speaks at a rate: at another one than the board's it is noise.
    fn speak(&mut self, baud: u32, text: &str) {
        let noise: Vec<u8> = text
            .bytes()
            .map(|byte| byte.rotate_left(3) | 0x80)
            .collect();
        let bytes = if baud == self.baud {
            text.as_bytes()
        } else {
            &noise
        };
        for piece in bytes.chunks(7) {
            let input = Input::GnssBytes(piece);
            self.board.handle(at(self.now), input, &mut self.memory);
        }
        self.computer.drain(self.board.chassis_mut());
    }

    fn fixes(&self) -> Vec<&str> {
        let reports = self.computer.other.iter().map(|(_, text)| text.as_str());
        reports
            .filter(|text| text.starts_with("GnssReport"))
            .collect()
    }
}

#[test]
fn receiver_is_found_at_any_usual_baud_rate() {
    for baud in [4800, 9600, 38_400, 57_600, 115_200] {
        let mut world = World::new(&[("gnss.rate", "1")]);
        world.pass(50);
        for second in 0..20 {
            world.speak(baud, &fix(&format!("1556{:02}.00", second)));
            world.pass(1000);
        }
        assert_eq!(world.board.gnss().baud(), Some(baud));
        assert!(world.fixes().len() >= 5, "{baud}");
        assert!(
            world.told.is_empty(),
            "nothing is asked of it for one fix a second"
        );
    }
}

#[test]
fn u_blox_receiver_is_set_to_five_fixes_on_a_faster_line() {
    let mut world = World::new(&[]);
    world.pass(50);
    let mut baud = 9600;
    for second in 0..8 {
        world.speak(baud, &fix(&format!("1556{second:02}.00")));
        world.pass(1000);
        // The receiver obeys: CFG-PRT sets its line.
        if world.told.iter().any(|bytes| bytes[2..4] == [0x06, 0x00]) {
            baud = 38_400;
        }
    }
    assert_eq!(world.baud, 38_400);
    let rate = [
        0xB5, 0x62, 0x06, 0x08, 0x06, 0x00, 0xC8, 0x00, 0x01, 0x00, 0x01, 0x00, 0xDE, 0x6A,
    ];
    assert_eq!(world.told.back().unwrap(), &rate);
}

#[test]
fn receiver_that_does_not_obey_is_found_again_and_left_alone() {
    let mut world = World::new(&[]);
    world.pass(50);
    for second in 0..40 {
        world.speak(9600, &fix(&format!("1556{:02}.00", second)));
        world.pass(1000);
    }
    assert_eq!(world.board.gnss().baud(), Some(9600));
    let asked = world
        .told
        .iter()
        .filter(|bytes| bytes[2..4] == [0x06, 0x00])
        .count();
    assert_eq!(asked, 1, "it was asked once");
    let before = world.fixes().len();
    world.speak(9600, &fix("155700.00"));
    assert_eq!(world.fixes().len(), before + 1);
}

#[test]
fn receiver_that_is_pulled_and_put_back_is_heard_again() {
    let mut world = World::new(&[("gnss.rate", "1")]);
    world.pass(50);
    world.speak(9600, &fix("100000.00"));
    world.pass(15_000);
    assert_eq!(world.board.gnss().baud(), None, "it is being looked for");
    for second in 0..15 {
        world.speak(9600, &fix(&format!("1000{:02}.00", 15 + second)));
        world.pass(1000);
    }
    assert_eq!(world.board.gnss().baud(), Some(9600));
}

#[test]
fn fix_has_the_values_of_its_sentences() {
    let mut world = World::new(&[("gnss.rate", "1")]);
    world.pass(50);
    world.speak(9600, &fix("145622.00"));
    let fixes = world.fixes();
    let report = fixes.first().unwrap();
    for part in [
        "latitude: Degrees(33.986115)",
        "longitude: Degrees(-6.724864)",
        "altitude: Some(Meters(143.2))",
        "geoid_separation: Some(Meters(46.7))",
        "satellites: Some(8)",
        "hdop: Some(1.13)",
        "speed: Some(KilometersPerHour(0.0))",
        "quality: Satellites",
        "dimension: Three",
        "valid: true",
        "course: None",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    // 2025-08-28 14:56:22 UTC.
    assert!(report.contains("1756392982000000"), "{report}");
}

#[test]
fn receiver_without_fix_gives_no_report_and_no_invented_place() {
    let mut world = World::new(&[("gnss.rate", "1")]);
    world.pass(50);
    for _ in 0..5 {
        // The three sentences of a NEO-6M without a fix, from the reference page.
        world.speak(9600, "$GPRMC,,V,,,,,,,,,,N*53\r\n");
        world.speak(9600, "$GPGGA,,,,,,0,00,99.99,,,,,,*48\r\n");
        world.speak(9600, "$GPGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99*30\r\n");
        world.pass(1000);
    }
    assert!(world.fixes().is_empty(), "{:?}", world.fixes());
    assert_eq!(
        world.board.gnss().baud(),
        Some(9600),
        "it is alive all the same"
    );
    assert_eq!(world.board.gnss().counters().damaged, 0);
}

#[test]
fn damaged_cut_and_joined_sentences_give_no_fix_and_are_counted() {
    let mut world = World::new(&[("gnss.rate", "1")]);
    world.pass(50);
    let whole = fix("145622.00");
    let flipped = whole.replace("3359.16690", "3459.16690");
    world.speak(9600, &flipped);
    assert!(world.fixes().is_empty());
    assert_eq!(world.board.gnss().counters().damaged, 2);
    // The end of one line is lost: what stands before the second `$` is dropped.
    world.speak(9600, &whole.replacen("\r\n", "", 1));
    assert!(world.fixes().is_empty());
    world.speak(9600, &format!("{}\r\n", "$".repeat(300)));
    world.speak(9600, &format!("$GPRMC,{}\r\n", "9".repeat(300)));
    world.speak(
        9600,
        &sentence("GPRMC,256199.00,A,9959.1,N,00643.4,W,0,,310225,,,A"),
    );
    assert!(world.fixes().is_empty());
    world.speak(9600, &fix("145623.00"));
    let fixes = world.fixes();
    assert_eq!(fixes.len(), 2, "the next whole fix is taken");
    let half = fixes[0];
    assert!(
        half.contains("valid: false") && half.contains("utc: None"),
        "GGA alone: {half}"
    );
    assert!(fixes[1].contains("valid: true"));
}

#[test]
fn receiver_without_gsa_has_its_fix_told_when_the_next_begins() {
    let mut world = World::new(&[("gnss.rate", "1")]);
    world.pass(50);
    for second in 22..25 {
        let all = fix(&format!("1456{second}.00"));
        let without: String = all
            .lines()
            .take(2)
            .map(|line| format!("{line}\r\n"))
            .collect();
        world.speak(9600, &without);
        world.pass(1000);
    }
    let fixes = world.fixes();
    assert_eq!(fixes.len(), 2);
    assert!(fixes[0].contains("dimension: Unknown"), "{}", fixes[0]);
}

#[test]
fn pulse_dates_the_fix_that_follows_it() {
    let mut world = World::new(&[("gnss.rate", "1")]);
    world.pass(1000);
    let pulse = Input::PulsePerSecond(at(world.now));
    world.board.handle(at(world.now), pulse, &mut world.memory);
    world.pass(100);
    world.speak(9600, &fix("145622.00"));
    let (captured, report) = &world.computer.other[0];
    assert_eq!(*captured, at(1100));
    assert!(report.contains("age: 100ms"), "{report}");
}
