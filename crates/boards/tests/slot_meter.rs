//! The slot meter: what a PZEM-004T says and how it fails, up to the computer or as text.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::meter::{Meter, sealed};
use bench::{Computer, at, identity, memory, settings};
use v2x_boards::slot_meter::{self, Input, Output, SlotMeter};
use v2x_proto::link::message::BoardKind;
use v2x_units::Instant;

/// A slot meter with a meter that answers, or does not.
struct World {
    board: SlotMeter,
    memory: bench::TestMemory,
    computer: Computer,
    now: u64,
    questions: usize,
    answer_at: Option<u64>,
}

impl World {
    fn new(values: &[(&str, &str)]) -> Self {
        let mut memory = memory();
        let settings = settings(slot_meter::SETTINGS, values, &mut memory);
        let identity = identity(BoardKind::SlotMeter);
        Self {
            board: SlotMeter::new(identity, settings, None, Instant::BOOT),
            memory,
            computer: Computer::new(),
            now: 0,
            questions: 0,
            answer_at: None,
        }
    }

    /// Lets time pass; each question gets this answer 30 ms later, in pieces. Returns the text.
    fn pass(&mut self, millis: u64, answer: &[u8]) -> String {
        let mut said = Vec::new();
        for _ in 0..millis / 10 {
            self.now += 10;
            if self.answer_at == Some(self.now) {
                for piece in answer.chunks(9) {
                    let input = Input::MeterBytes(piece);
                    self.board.handle(at(self.now), input, &mut self.memory);
                }
            }
            loop {
                match self.board.poll(at(self.now)) {
                    Output::MeterWrite(question) => {
                        assert_eq!(question, [0xF8, 4, 0, 0, 0, 0x0A, 0x64, 0x64]);
                        self.questions += 1;
                        self.answer_at = Some(self.now + 30);
                    }
                    Output::WakeAt(_) => break,
                    Output::Restart => panic!("nobody asked for it"),
                }
            }
            let chassis = self.board.chassis_mut();
            while !chassis.pending().is_empty() {
                let bytes = chassis.pending().to_vec();
                chassis.written(bytes.len());
                self.computer.read(&bytes);
                said.extend(bytes);
            }
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    fn newest(&self) -> &str {
        let readings = self
            .computer
            .other
            .iter()
            .rev()
            .map(|(_, text)| text.as_str());
        let mut newest = readings.filter(|text| text.starts_with("MeterReading"));
        newest.next().unwrap()
    }
}

#[test]
fn meter_is_asked_twice_a_second_and_its_values_handed_up() {
    let mut world = World::new(&[]);
    let meter = Meter {
        amps: 9.41,
        ..Meter::new()
    };
    world.pass(9_900, &meter.answer());
    assert_eq!(world.questions, 20);
    let newest = world.newest();
    for part in [
        "Volts(226.1)",
        "Amps(9.41)",
        "Watts(2127.6)",
        "WattHours(12345.0)",
    ] {
        assert!(newest.contains(part), "{part} in {newest}");
    }
    assert_eq!(world.board.meter().counters().good, 20);
}

#[test]
fn every_fault_of_a_meter_is_told_by_its_name_and_none_gives_values() {
    let good = Meter::new().answer();
    let mut damaged = good.clone();
    damaged[7] ^= 0x10;
    let mut world = World::new(&[]);
    let long = [good.clone(), good.clone()].concat();
    for (answer, fault) in [
        (Vec::new(), "Err(Silent)"),
        (damaged, "Err(Checksum)"),
        (good[..11].to_vec(), "Err(Malformed)"),
        (long, "Err(Malformed)"),
        (sealed(vec![0x01, 0x84, 0x04]), "Err(Exception)"),
        (
            sealed([vec![0x01, 0x03, 0x14], vec![0; 20]].concat()),
            "Err(Malformed)",
        ),
    ] {
        world.pass(1000, &answer);
        let newest = world.newest();
        assert!(newest.contains(fault), "{fault}: {newest}");
    }
    world.pass(1000, &good);
    assert!(
        world.newest().contains("Ok("),
        "it is read again: {}",
        world.newest()
    );
    let counters = world.board.meter().counters();
    assert_eq!(
        (counters.silent, counters.checksum, counters.exception),
        (2, 2, 2)
    );
    assert_eq!(counters.malformed, 6);
}

#[test]
fn noise_that_nobody_asked_for_is_counted_and_not_read() {
    let mut world = World::new(&[]);
    world.pass(100, &Meter::new().answer());
    let noise = Meter::new().answer();
    world
        .board
        .handle(at(200), Input::MeterBytes(&noise), &mut world.memory);
    assert_eq!(world.board.meter().counters().unasked, 25);
    assert_eq!(world.board.meter().counters().good, 1);
}

#[test]
fn text_is_the_line_of_the_reference_page_for_every_form() {
    let place = [
        ("text.latitude", "33.986107"),
        ("text.longitude", "-6.724805"),
    ];
    // Power at 226.1 V and 9.41 A is 2127.6 W; the rest is the page's example of S1.
    let tail = "33.986107 -6.724805 226.1 9.41 2127.6 12.345 50 1.00\r\n";
    for (form, slot, begin) in [
        ("evse", "1", "EVSE1 "),
        ("evse_slot_unspaced", "1", "EELAB_EVSE_slot_11 "),
        ("evcs2_slot", "1", "EELAB_EVCS2_slot_1 1 "),
        ("evse_slot", "2", "EELAB_EVSE_slot_2 1 "),
    ] {
        let mut values = vec![("mode", "text"), ("text.form", form), ("text.slot", slot)];
        values.extend(place);
        let mut world = World::new(&values);
        let meter = Meter {
            amps: 9.41,
            ..Meter::new()
        };
        assert_eq!(world.pass(2990, &meter.answer()), format!("{begin}{tail}"));
        // Below the threshold of 0.5 A no vehicle is connected.
        let idle = Meter {
            amps: 0.4,
            ..Meter::new()
        };
        let said = world.pass(2000, &idle.answer());
        let unconnected = begin.replacen("1 ", "0 ", begin.matches("1 ").count());
        let expected = if form == "evcs2_slot" {
            "EELAB_EVCS2_slot_1 0 "
        } else {
            &unconnected
        };
        assert!(said.starts_with(expected), "{said}");
        assert_eq!(
            world.pass(2000, &[]),
            "ERROR: PZEM sensor reading failed\r\n"
        );
    }
}
