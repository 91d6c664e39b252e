//! What a prototype Jetson reads from our boards, byte for byte as the page on the prototype's wire
//! formats says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::{at, fix, identity, memory, settings};
use v2x_boards::collector::{self, CanQueue, Collector, Input, Output};
use v2x_proto::link::message::BoardKind;
use v2x_units::{CanFrame, CanId, Instant};

/// Runs a collector in text mode and returns what it said, line by line.
struct Text {
    board: Collector,
    memory: bench::TestMemory,
    frames: CanQueue<512>,
    now: u64,
}

impl Text {
    fn new() -> Self {
        let mut memory = memory();
        let values = &[("mode", "text"), ("gnss.rate", "1")];
        let settings = settings(collector::SETTINGS, values, &mut memory);
        let identity = identity(BoardKind::Collector);
        Self {
            board: Collector::new(identity, settings, None, Instant::BOOT),
            memory,
            frames: CanQueue::new(),
            now: 0,
        }
    }

    fn pass(&mut self, millis: u64) -> String {
        let mut said = Vec::new();
        for _ in 0..millis / 10 {
            self.now += 10;
            while !matches!(
                self.board.poll(at(self.now), &mut self.frames),
                Output::WakeAt(_)
            ) {}
            while !self.board.chassis().pending().is_empty() {
                let bytes = self.board.chassis().pending().to_vec();
                self.board.chassis_mut().written(bytes.len());
                said.extend(bytes);
            }
        }
        String::from_utf8(said).unwrap()
    }
}

#[test]
fn banner_comes_first_and_then_two_seconds_of_silence() {
    let mut text = Text::new();
    let banner = "=== CAN + GPS Data Sniffer Ready ===\r\n\
        Sending CAN and GPS data to Jetson via USB Serial\r\n\
        Format:\r\n\
        \x20 CAN: SIM <ID> <DLC> <DATA_BYTES>\r\n\
        \x20 GPS: GPS <LAT> <LON> <ALT> <SPEED> <SATS> <VALID>\r\n\
        =====================================\r\n";
    assert_eq!(text.pass(1900), banner);
}

#[test]
fn frames_are_printed_as_the_prototype_prints_them() {
    let mut text = Text::new();
    text.pass(2100);
    let data = [0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70];
    let frame = |id, data: &[u8]| CanFrame::new(CanId::standard(id).unwrap(), data).unwrap();
    let extended = CanFrame::new(CanId::extended(0x18DA_F110).unwrap(), &[1]).unwrap();
    text.frames.push(at(text.now), frame(0x155, &data));
    text.frames.push(at(text.now), frame(0x019, &[0xAB]));
    text.frames.push(at(text.now), extended);
    let expected = "SIM 155 8 07 98 51 54 6C 78 00 70\r\n\
        SIM 019 1 AB 00 00 00 00 00 00 00\r\n\
        SIM 98DAF110 1 01 00 00 00 00 00 00 00\r\n";
    assert_eq!(text.pass(10), expected);
}

#[test]
fn fix_is_the_line_of_the_reference_page_and_comes_every_three_seconds() {
    let mut text = Text::new();
    text.pass(4000);
    text.board.handle(
        at(text.now),
        Input::GnssBytes(fix("145622.00").as_bytes()),
        &mut text.memory,
    );
    let expected = "GPS 33.986115 -6.724864 143.2 0.0 8 1.13 2025-8-28 15:56:22 1\r\n";
    assert_eq!(text.pass(2000), expected);
}

#[test]
fn status_says_no_and_ok_as_the_prototype_does() {
    let mut text = Text::new();
    text.pass(6900);
    assert_eq!(text.pass(200), "STATUS CAN:NO GPS:NO Sats:0 HDOP:100.0\r\n");
    text.pass(4000);
    text.board.handle(
        at(text.now),
        Input::GnssBytes(fix("145622.00").as_bytes()),
        &mut text.memory,
    );
    let said = {
        text.frames.push(
            at(text.now),
            CanFrame::new(CanId::standard(1).unwrap(), &[]).unwrap(),
        );
        text.pass(1500)
    };
    let status = "STATUS CAN:OK GPS:OK Sats:8 HDOP:1.1 Pos:33.986115,-6.724864 Speed:0.0km/h\r\n";
    assert!(said.ends_with(status), "{said}");
}

#[test]
fn text_at_its_slow_line_loses_frames_and_counts_them() {
    let mut text = Text::new();
    text.pass(2100);
    for number in 0..2000 {
        text.frames.push(at(text.now), bench::numbered(number));
    }
    use v2x_boards::collector::Arrivals as _;
    assert_eq!(text.frames.status().dropped, 2000 - 512);
    assert_eq!(text.pass(100).lines().count(), 512);
}
