//! The radio board in the prototype's mode: its line is byte-equal to the vectors of the page on
//! the prototype's wire formats.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod bench;

use bench::{at, identity, memory, settings};
use v2x_boards::radio::{self, Heard, Input, Output, Radio, SendEnd};
use v2x_proto::link::message::BoardKind;
use v2x_units::{Instant, MacAddress};

/// Vehicle `Item`, section (b).
const VEHICLE: &str = "48000000000066420000014 29a998940 2a00000000000000000000004e657500
    00000000c8f107421632d7c033330f43 010100000000c84201ec64c991b29000
    40e20100000000000000000000000000 0000000000000000";
/// Station `Item`, section (b).
const STATION: &str = "ffff000066e66143000050410000003e 00000000000000000000000000000000
    00000000e9f107422933d7c000000000 000000000000000000 4c11aeb3843000
    005f0c000000403e0000c03f00803b45 3a00000000000000";
/// `evcs_to_vehicle_t` v2, section (c): the same station on the air.
const EVCS: &str = "4c11aeb384300000e9f107422933d7c00000000066e661430000504100803b45
    0000c03f0000003e0000403e000000003a000000005f0c00";

fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

struct World {
    board: Radio,
    memory: bench::TestMemory,
}

impl World {
    fn new() -> Self {
        let mut memory = memory();
        let settings = settings(radio::SETTINGS, &[("mode", "item")], &mut memory);
        let board = Radio::new(identity(BoardKind::Radio), settings, None, Instant::BOOT);
        Self { board, memory }
    }

    /// What it sends until it waits.
    fn poll(&mut self, milli: u64) -> Vec<(MacAddress, Vec<u8>)> {
        let mut sent = Vec::new();
        loop {
            match self.board.poll(at(milli)) {
                Output::WakeAt(_) => return sent,
                Output::Send { to, payload, .. } => {
                    sent.push((to, payload.to_vec()));
                    let end = Input::SendEnded(SendEnd::Sent);
                    self.board.handle(at(milli), end, &mut self.memory);
                }
                _ => {}
            }
        }
    }

    fn hear(&mut self, from: MacAddress, payload: &[u8]) -> Vec<u8> {
        let heard = Heard {
            at: at(1),
            from,
            to: MacAddress::BROADCAST,
            rssi_dbm: -60,
            channel: 1,
            payload,
        };
        self.board
            .handle(at(1), Input::Heard(heard), &mut self.memory);
        self.poll(1);
        let said = self.board.chassis().pending().to_vec();
        self.board.chassis_mut().written(said.len());
        said
    }
}

#[test]
fn car_and_station_that_are_heard_are_the_frames_of_the_reference_page() {
    let mut world = World::new();
    let car = MacAddress::new([0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90]);
    let station = MacAddress::new([0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30]);
    let frame = |item: &str| [vec![0xAA, 0x55], bytes(item)].concat();
    assert_eq!(world.hear(car, &bytes(VEHICLE)), frame(VEHICLE));
    assert_eq!(world.hear(station, &bytes(EVCS)), frame(STATION));
    assert!(
        world.hear(car, &bytes(EVCS)).is_empty(),
        "another sender than it says"
    );
    assert!(world.hear(car, b"something else").is_empty());
    assert!(world.poll(1).is_empty(), "nothing is answered");
}

#[test]
fn item_of_the_computer_goes_to_all_cars_every_two_seconds_in_the_name_of_the_board() {
    let mut world = World::new();
    assert!(
        world.poll(2500).is_empty(),
        "nothing before the computer has spoken"
    );
    let mut item = bytes(VEHICLE);
    item[57..63].fill(0);
    let line = [b"boot text\r\n\xAA".to_vec(), vec![0xAA, 0x55], item].concat();
    for piece in line.chunks(13) {
        let input = Input::HostBytes(piece);
        world.board.handle(at(2600), input, &mut world.memory);
    }
    let sent = world.poll(4600);
    assert_eq!(sent.len(), 1);
    let mut expected = bytes(VEHICLE);
    expected[57..63].copy_from_slice(&world.board.chassis().identity().board.octets());
    expected[64..68].copy_from_slice(&4600_u32.to_le_bytes());
    assert_eq!(sent[0], (MacAddress::BROADCAST, expected));
    assert!(world.poll(5000).is_empty());
    assert_eq!(world.poll(6700).len(), 1);
}
