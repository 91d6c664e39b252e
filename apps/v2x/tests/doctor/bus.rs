//! The car's bus and the receiver, as the collector tells of them.

use v2x_proto::link::LinkEncoder;
use v2x_proto::link::message::{
    BoardStatus, BootReason, BusState, CanStatus, FirmwareVersion, QueueStatus,
};
use v2x_units::{BootId, Instant};

use super::station_bench::Site;
use super::talker::{STATUS, Talker};
use super::{doctor, names, vehicle};

#[test]
fn bus_at_rest_and_missing_fix_are_named() {
    let site = Site::new();
    let _line = Talker::saying(&site.path("collector"), STATUS);
    let config = vehicle(&site, "");
    names(
        doctor(&config),
        "warning",
        "bus",
        "0 frames/s",
        "switch the car on",
    );
    names(
        doctor(&config),
        "warning",
        "gnss",
        "no GNSS report",
        "receiver is connected",
    );
}

#[test]
fn wrong_bit_rate_of_the_bus_is_named_from_the_board() {
    let site = Site::new();
    let mut board = LinkEncoder::new(BootId::new(7));
    let mut at = 0;
    let can = CanStatus {
        bus: BusState::WrongBitRate,
        transmit_errors: 0,
        receive_errors: 96,
        bus_errors: 4711,
        receive_overflows: 0,
        dropped: 0,
        next_number: 0,
        queue: QueueStatus::default(),
    };
    let status = BoardStatus {
        boot_reason: BootReason::PowerOn,
        firmware: FirmwareVersion {
            major: 1,
            minor: 0,
            patch: 0,
        },
        heap_left: 10_000,
        link_queue: QueueStatus::default(),
        radio_queue: QueueStatus::default(),
        can: Some(can),
    };
    let _line = Talker::at(&site.path("collector"), move || {
        at += 50_000;
        board
            .send(Instant::from_micros(at), status)
            .unwrap()
            .to_vec()
    });
    let command = doctor(&vehicle(&site, ""));
    names(command, "problem", "bus", "another bit rate", "500 kbit/s");
}
