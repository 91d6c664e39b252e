//! The car is listened to, never written to: no collector and no daemon has a call that sends.
//!
//! The simulator has a bus of its own, and tests play the car.

use super::finding::Finding;
use super::tree::{File, Tree};

/// How the drivers in use put a frame on a bus, acknowledge one, or get ready to.
const SENDING: &[&str] = &[
    ".write_frame",
    ".transmit(",
    ".transmit_async(",
    "TwaiMode::Normal",
    "TwaiMode::SelfTest",
    "REQUEST_TO_SEND",
    "LOAD_TX_BUFFER",
];

/// Where a bus is opened.
const ROOMS: &[&str] = &["apps/", "firmware/", "crates/boards/"];

/// Finds calls that send on a CAN bus.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let opens_a_bus = |path: &str| ROOMS.iter().any(|room| path.starts_with(room));
    let found = tree.code_that_names(SENDING);
    let at_a_bus = found.filter(|(file, ..)| opens_a_bus(&file.path));
    let finding = |(file, number, call): (&File, usize, &str)| {
        let seen = format!("{call}, which writes to a car's bus");
        Finding::at_line(
            &file.path,
            number,
            seen,
            "leave it out: the car is only listened to",
        )
    };
    at_a_bus.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_that_is_written_to_the_bus_is_found_and_one_of_a_test_is_not() {
        let writes = "socket.write_frame(&frame)?;\n";
        let tree = Tree::of(&[
            ("apps/v2x/src/vehicle/source/can_interface.rs", writes),
            ("apps/v2x/tests/can_interface.rs", writes),
            (
                "firmware/esp/src/can/twai.rs",
                "let mode = TwaiMode::Normal;\n",
            ),
        ]);
        let found: Vec<_> = check(&tree).iter().map(Finding::place).collect();
        let places = [
            "apps/v2x/src/vehicle/source/can_interface.rs:1",
            "firmware/esp/src/can/twai.rs:1",
        ];
        assert_eq!(found, places);
    }
}
